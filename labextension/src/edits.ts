/** Applies the wire's edits to a shared notebook: all of them in one step that can be undone, or none. */
import type { ISharedCell, ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { IOutput, IStream } from '@jupyterlab/nbformat';
import { JSONExt } from '@lumino/coreutils';
import type { PartialJSONValue } from '@lumino/coreutils';
import { TextPositions } from './positions';
import type { Span } from './positions';
import type { AddTag, Cell, CellModel, ClearOutput, Replace } from './protocol';

export type WireEdit = Replace | ClearOutput | AddTag;

/** A cell as it was when the edits were thought of; undefined where nobody knows. */
export type Known = (cellId: string) => CellModel | undefined;

const SOURCE = '/source';
const OUTPUT = /^\/outputs\/(\d+)(?:\/|$)/;

/** Which output a part lies in; null for parts of other kinds. */
export function outputOf(part: string): number | null {
  const output = OUTPUT.exec(part);
  return output && Number(output[1]);
}

/** Whether this editor can carry out an edit at all: what stands in metadata is out of its reach. */
export function isPossible(edit: WireEdit): boolean {
  return edit.kind !== 'replace' || (edit.cell !== null && edit.part === SOURCE);
}

/** The cell that the wire names: by its id, and by its place where the id is not the only one. */
export function findCell(notebook: ISharedNotebook, { id, index }: Cell): ISharedCell | undefined {
  const { cells } = notebook;
  const there = index < cells.length ? cells[index] : undefined;
  return there?.getId() === id ? there : cells.find(cell => cell.getId() === id);
}

/** False where an edit no longer fits: its cell is gone, or what it changes is not what it was. Then nothing is changed. */
export function applyEdits(notebook: ISharedNotebook, edits: readonly WireEdit[], known: Known): boolean {
  const changes = new Map<ISharedCell, CellChanges>();
  for (const edit of edits) {
    const cell = edit.cell ? findCell(notebook, edit.cell) : undefined;
    if (!cell || !isPossible(edit) || !isUnchanged(cell, edit, known(cell.getId()))) {
      return false;
    }
    const change = changes.get(cell) ?? new CellChanges(cell);
    change.add(edit);
    changes.set(cell, change);
  }
  if ([...changes.values()].some(change => change.hasConflict)) {
    return false;
  }
  inOneStep(
    notebook,
    [...changes.keys()],
    [() => changes.forEach(change => change.apply()), () => changes.forEach(change => change.putBack())]
  );
  return true;
}

/** Whether a place of the text or an output is what it was; tags stand beside both. */
function isUnchanged(cell: ISharedCell, edit: WireEdit, known: CellModel | undefined): boolean {
  if (edit.kind === 'add-tag') {
    return true;
  }
  if (edit.kind === 'replace') {
    return known?.source === cell.getSource();
  }
  const index = outputOf(edit.part);
  if (index === null || cell.cell_type !== 'code') {
    return false;
  }
  const was = known?.outputs?.[index];
  const is = (cell as ISharedCodeCell).getOutputs()[index] as PartialJSONValue | undefined;
  return was !== undefined && is !== undefined && JSONExt.deepEqual(was as PartialJSONValue, is);
}

/** What is to be done with one cell. */
class CellChanges {
  constructor(private readonly _cell: ISharedCell) {
    this._positions = new TextPositions(_cell.getSource());
  }

  add(edit: WireEdit): void {
    if (edit.kind === 'add-tag') {
      this._tags.push(edit.tag);
    } else if (edit.kind === 'clear-output') {
      this._outputs.add(Number(outputOf(edit.part)));
    } else {
      this._replacements.push({ ...this._positions.span(edit.range), text: edit.text });
    }
  }

  /** Whether two replacements want the same characters. */
  get hasConflict(): boolean {
    const spans = [...this._replacements].sort(byStart);
    return spans.some((span, at) => at > 0 && span.from < spans[at - 1].to);
  }

  apply(): void {
    // From the end: what stands before keeps its place. Insertions at one place keep their order.
    for (const { from, to, text } of [...this._replacements].sort(byStart).reverse()) {
      this._cell.updateSource(from, to, text);
    }
    if (this._outputs.size > 0) {
      this._removeOutputs(this._cell as ISharedCodeCell);
    }
    if (this._tags.length > 0) {
      const tags = this._cell.getMetadata('tags');
      const old = Array.isArray(tags) ? tags : [];
      this._cell.setMetadata('tags', [...new Set([...old, ...this._tags])]);
    }
  }

  /** The other half of removing outputs. */
  putBack(): void {
    if (this._kept.length > 0) {
      (this._cell as ISharedCodeCell).updateOutputs(0, 0, this._kept);
    }
  }

  /**
   * Lab puts what a change or its undo brings at the end of the outputs on the page, wherever it belongs, and takes a
   * stream's text for more of the last output where the last one that came was such a stream. Where there is no output
   * it can do neither: so all of them go, and what is kept comes again in a change of its own.
   */
  private _removeOutputs(cell: ISharedCodeCell): void {
    const outputs = cell.getOutputs();
    this._kept = joined(outputs.filter((_, index) => !this._outputs.has(index)));
    cell.updateOutputs(0, outputs.length, []);
  }

  private _kept: IOutput[] = [];
  private readonly _positions: TextPositions;
  private readonly _replacements: (Span & { text: string })[] = [];
  private readonly _outputs = new Set<number>();
  private readonly _tags: string[] = [];
}

/** Outputs in which streams of one name that follow each other are one, as the page shows them. */
function joined(outputs: readonly IOutput[]): IOutput[] {
  const result: IOutput[] = [];
  for (const output of outputs) {
    const last = result.at(-1);
    if (last && isStream(last) && isStream(output) && last.name === output.name) {
      result[result.length - 1] = { ...last, text: [last.text, output.text].flat().join('') };
    } else {
      result.push(output);
    }
  }
  return result;
}

function isStream(output: IOutput): output is IStream {
  return output.output_type === 'stream';
}

function byStart(left: Span, right: Span): number {
  return left.from - right.from || left.to - right.to;
}

/**
 * Within one cell it is a step of that cell's own history (Ctrl+Z in its editor), across cells one of the notebook's.
 * What is typed just before and after is no part of it.
 */
function inOneStep(
  notebook: ISharedNotebook,
  cells: readonly ISharedCell[],
  changes: readonly (() => void)[]
): void {
  const histories = [notebook, ...cells] as HasHistory[];
  const separate = (): void => histories.forEach(({ undoManager }) => undoManager?.stopCapturing());
  const owner = cells.length === 1 ? cells[0] : notebook;
  separate();
  // A history takes changes that follow each other at once for one step.
  changes.forEach(change => owner.transact(change));
  separate();
}

/** Lab's shared models have it, their interfaces do not say so. */
type HasHistory = { undoManager?: { stopCapturing: () => void } | null };
