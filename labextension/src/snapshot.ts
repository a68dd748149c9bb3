/** What has changed in a notebook since it was last taken, and what it was then. */
import type {
  ISharedCell,
  ISharedCodeCell,
  ISharedMarkdownCell,
  ISharedNotebook,
  ISharedRawCell,
  NotebookChange
} from '@jupyter/ydoc';
import type { PartialJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import type { CellModel } from './protocol';

/** A notebook at one moment, and how it differs from the moment before. */
export interface Snapshot {
  /** The keys of all cells; a cell's key is its id unless that is no use as one. */
  readonly order: string[];
  /** The new and changed cells. */
  readonly changed: Record<string, CellModel>;
  /** All cells by key. */
  readonly cells: ReadonlyMap<string, CellModel>;
  /** The notebook's metadata where it has changed. */
  readonly metadata: PartialJSONObject | null;
}

/** What kind of change it was: outputs may change many times a second while a cell runs. */
export type Change = 'content' | 'outputs';

/** The longest key that the server takes; ids that editors make are far shorter. */
const MAX_KEY = 256;

/** Watches a shared notebook. Reads the model, never an editor: most cells of a long notebook have none. */
export class NotebookChanges implements IDisposable {
  constructor(private readonly _notebook: ISharedNotebook) {
    _notebook.changed.connect(this._onNotebookChanged, this);
    this._watchCells();
  }

  get changed(): ISignal<this, Change> {
    return this._changed;
  }

  /** Take the notebook as it is now; with `everything` all of it counts as changed. */
  take({ everything, outputs }: { everything: boolean; outputs: boolean }): Snapshot {
    const changed: Record<string, CellModel> = {};
    const cells = new Map<string, CellModel>();
    const keyed = keys(this._notebook.cells);
    for (const [key, cell] of keyed) {
      let model = this._models.get(cell);
      if (everything || model === undefined || this._dirty.has(cell) || this._keys.get(key) !== cell) {
        model = changed[key] = asModel(cell, outputs);
        this._models.set(cell, model);
      }
      cells.set(key, model);
    }
    const metadata = everything || this._isMetadataDirty ? this._notebook.getMetadata() : null;
    this._dirty.clear();
    this._isMetadataDirty = false;
    this._keys = keyed;
    return { order: [...cells.keys()], changed, cells, metadata };
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._notebook.changed.disconnect(this._onNotebookChanged, this);
    for (const cell of this._watched) {
      cell.changed.disconnect(this._onCellChanged, this);
    }
    this._watched.clear();
    Signal.clearData(this);
  }

  private _onNotebookChanged(_: ISharedNotebook, change: NotebookChange): void {
    if (change.cellsChange) {
      this._watchCells();
    }
    if (change.metadataChange) {
      this._isMetadataDirty = true;
    }
    if (change.cellsChange ?? change.metadataChange) {
      this._changed.emit('content');
    }
  }

  private _onCellChanged(cell: ISharedCell, change: object): void {
    const parts = Object.keys(change).filter(part => !part.startsWith('execution'));
    if (parts.length === 0) {
      return;
    }
    this._dirty.add(cell);
    this._changed.emit(parts.every(part => /output/i.test(part)) ? 'outputs' : 'content');
  }

  /** Moving, retyping and undoing make a new cell object with an old id: objects are watched, not ids. */
  private _watchCells(): void {
    const now = new Set(this._notebook.cells);
    for (const cell of this._watched) {
      if (!now.has(cell)) {
        cell.changed.disconnect(this._onCellChanged, this);
        this._watched.delete(cell);
        this._dirty.delete(cell);
      }
    }
    for (const cell of now) {
      if (!this._watched.has(cell)) {
        cell.changed.connect(this._onCellChanged, this);
        this._watched.add(cell);
        this._dirty.add(cell);
      }
    }
  }

  /** Which cell each key meant when the notebook was last taken. */
  private _keys: ReadonlyMap<string, ISharedCell> = new Map();
  private _isMetadataDirty = true;
  private _isDisposed = false;
  private readonly _models = new WeakMap<ISharedCell, CellModel>();
  private readonly _dirty = new Set<ISharedCell>();
  private readonly _watched = new Set<ISharedCell>();
  private readonly _changed = new Signal<this, Change>(this);
}

/** Every cell with a key of its own, also in a notebook whose ids repeat. */
function keys(cells: readonly ISharedCell[]): Map<string, ISharedCell> {
  const keyed = new Map<string, ISharedCell>();
  cells.forEach((cell, index) => {
    const id = cell.getId();
    const usable = id.length > 0 && id.length <= MAX_KEY && !keyed.has(id);
    keyed.set(usable ? id : `#${index}`, cell);
  });
  return keyed;
}

function asModel(cell: ISharedCell, outputs: boolean): CellModel {
  const model: CellModel = {
    cell_type: cell.cell_type as CellModel['cell_type'],
    source: cell.getSource(),
    metadata: cell.getMetadata()
  };
  if (cell.cell_type === 'code') {
    model.outputs = outputs ? (cell as ISharedCodeCell).getOutputs() : [];
  } else {
    const attachments = (cell as ISharedMarkdownCell | ISharedRawCell).getAttachments();
    if (attachments) {
      model.attachments = attachments;
    }
  }
  return model;
}
