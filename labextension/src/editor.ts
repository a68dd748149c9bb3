/** Marks findings in whichever editor shows a cell. Lab's packages are imported as types only. */
import { linter, lintGutter, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { Compartment } from '@codemirror/state';
import type { Extension, Text, TransactionSpec } from '@codemirror/state';
import { ViewPlugin } from '@codemirror/view';
import type { EditorView, PluginValue, ViewUpdate } from '@codemirror/view';
import type { ISharedCell, ISharedNotebook } from '@jupyter/ydoc';
import type { IEditorExtensionFactory } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { card } from './card';
import type { CardActions } from './card';
import type { NotebookFindings } from './findings';
import { TextPositions, withLineFeeds } from './positions';
import type { CellModel, Level } from './protocol';
import { LEVELS } from './tokens';
import type { ISecuritySettings, Mark } from './tokens';

const NO_MARKS: readonly Mark[] = [];

/** CodeMirror's words for our levels; its hints have no mark in the gutter. */
const SEVERITIES: Record<Level, Diagnostic['severity']> = {
  info: 'hint',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'error'
};

/**
 * CodeMirror's gutter for marks in two pieces: the strip itself, which only cells with findings have (everywhere else it
 * would stand empty), and its state and style. Those are always there, since an editor that brings another style with
 * it makes the browser look at every element of the page again: some 40 ms in a long notebook.
 */
export const GUTTER = gutterPieces(lintGutter({ markerFilter: withoutHints }));

export interface EditorOptions {
  readonly store: {
    of(notebook: ISharedNotebook): NotebookFindings | undefined;
    readonly added: ISignal<unknown, NotebookFindings>;
  };
  readonly settings: ISecuritySettings;
  readonly actions: CardActions;
  readonly trans: TranslationBundle;
}

/** Called by Lab for every editor each time one is built: by windowing, moving, retyping, undoing, in every view. */
export function editorExtension(options: EditorOptions): IEditorExtensionFactory {
  return Object.freeze({
    name: 'jupyter-mlsecops:marks',
    factory: ({ model }: IEditorExtensionFactory.IOptions) => {
      const shared = model.sharedModel as Partial<ISharedCell>;
      if (typeof shared.getId !== 'function') {
        return null; // No cell: a file, a dialog.
      }
      const cell = shared as ISharedCell;
      const gutter = new Compartment();
      // Where the marks are known already the strip is there at once: it takes room.
      const hasGutter = options.settings.gutter && hasLoud(knownMarks(cell, options));
      const extension: Extension = [
        linter(null),
        GUTTER.rest,
        gutter.of(hasGutter ? GUTTER.strip : []),
        ViewPlugin.define(view => new CellMarks(view, cell, { gutter, hasGutter }, options))
      ];
      return { instance: () => extension, reconfigure: () => null };
    }
  });
}

/** Draws the marks of one cell in one editor. */
class CellMarks implements PluginValue {
  constructor(
    private readonly _view: EditorView,
    private readonly _cell: ISharedCell,
    { gutter, hasGutter }: { gutter: Compartment; hasGutter: boolean },
    private readonly _options: EditorOptions
  ) {
    const { store, settings } = _options;
    this._gutter = gutter;
    this._hasGutter = hasGutter;
    store.added.connect(this._draw, this);
    settings.changed.connect(this._draw, this);
    // A view that is being built must not be changed.
    queueMicrotask(() => this._draw());
  }

  update({ docChanged }: ViewUpdate): void {
    // Until the next answer CodeMirror moves the marks along with the text. Where none will come they go.
    if (docChanged && this._drawn.marks.length > 0 && !this._isAnswerComing) {
      queueMicrotask(() => this._draw());
    }
  }

  destroy(): void {
    const { store, settings } = this._options;
    this._isDestroyed = true;
    store.added.disconnect(this._draw, this);
    settings.changed.disconnect(this._draw, this);
    this._findings?.changed.disconnect(this._draw, this);
  }

  private _draw(): void {
    if (this._isDestroyed) {
      return;
    }
    this._follow();
    const { doc } = this._view.state;
    const id = this._cell.getId();
    const scanned = this._findings?.cellAt(id);
    const found = this._findings?.marksOf(id) ?? NO_MARKS;
    if (this._isDrawn(found, doc, scanned)) {
      return; // As in all cells but the one that is edited.
    }
    const isStale = !scanned || withLineFeeds(scanned.source as string) !== doc.toString();
    if (isStale && this._isAnswerComing) {
      return;
    }
    const marks = isStale ? NO_MARKS : found;
    const { marks: drawn, doc: drawnOn } = this._drawn;
    const isSame = marks.length > 0 ? marks === drawn && doc === drawnOn : drawn.length === 0;
    this._drawn = { marks, doc, scanned };
    if (!isSame || this._isGutterWanted !== this._hasGutter) {
      this._show(doc, marks);
    }
  }

  private _isDrawn(found: readonly Mark[], doc: Text, scanned: CellModel | undefined): boolean {
    const { marks, doc: drawnOn, scanned: drawnFor } = this._drawn;
    const isSame = marks === found && drawnOn === doc && drawnFor === scanned;
    return isSame && this._isGutterWanted === this._hasGutter;
  }

  private _show(doc: Text, marks: readonly Mark[]): void {
    const positions = new TextPositions(doc.toString());
    // The worst comes first where several cards are shown.
    const inSource = marks.filter(isInSource).sort((left, right) => rank(right) - rank(left));
    const diagnostics = inSource.map(mark => this._diagnostic(mark, positions));
    this._hasLoud = hasLoud(marks);
    this._view.dispatch(this._gutterChange(), setDiagnostics(this._view.state, diagnostics));
  }

  private _gutterChange(): TransactionSpec {
    const isWanted = this._isGutterWanted;
    if (isWanted === this._hasGutter) {
      return {};
    }
    this._hasGutter = isWanted;
    return { effects: this._gutter.reconfigure(isWanted ? GUTTER.strip : []) };
  }

  private get _isGutterWanted(): boolean {
    return this._hasLoud && this._options.settings.gutter;
  }

  private _diagnostic(mark: Mark, positions: TextPositions): Diagnostic {
    const { actions, trans } = this._options;
    const { severity } = mark.finding;
    const notebook = this._cell.notebook;
    return {
      ...positions.span(mark.place.range),
      severity: SEVERITIES[severity],
      message: mark.message,
      markClass: `jp-mlsecops-mark jp-mod-${severity}`,
      renderMessage: view =>
        notebook
          ? card({ notebook, mark, actions, trans, focusText: () => view.focus() })
          : document.createElement('span')
    };
  }

  private _follow(): void {
    const { notebook } = this._cell;
    const findings = notebook ? this._options.store.of(notebook) : undefined;
    if (findings !== this._findings) {
      this._findings?.changed.disconnect(this._draw, this);
      this._findings = findings;
      findings?.changed.connect(this._draw, this);
    }
  }

  private get _isAnswerComing(): boolean {
    const kind = this._findings?.state.kind;
    return kind === 'ready' || kind === 'scanning';
  }

  private _findings: NotebookFindings | undefined;
  /** What is drawn, on which text, and from what was known of the cell. */
  private _drawn: { marks: readonly Mark[]; doc: Text | null; scanned?: CellModel } = {
    marks: NO_MARKS,
    doc: null
  };
  private _hasLoud = false;
  private _hasGutter: boolean;
  private readonly _gutter: Compartment;
  private _isDestroyed = false;
}

/** The marks of a cell if it is still what was scanned. */
function knownMarks(cell: ISharedCell, { store }: EditorOptions): readonly Mark[] {
  const findings = cell.notebook ? store.of(cell.notebook) : undefined;
  return findings?.sourceAt(cell.getId()) === cell.getSource() ? findings.marksOf(cell.getId()) : NO_MARKS;
}

function isInSource({ place }: Mark): boolean {
  return place.part === '/source';
}

/** Whether any of a cell's marks is one that the gutter shows. */
function hasLoud(marks: readonly Mark[]): boolean {
  return marks.some(mark => isInSource(mark) && SEVERITIES[mark.finding.severity] !== 'hint');
}

function rank({ finding }: Mark): number {
  return LEVELS.indexOf(finding.severity);
}

/** The package is pinned to one version and private to this extension, whose gutter is this list; a spec holds it to that. */
function gutterPieces(gutter: Extension): { strip: Extension; rest: Extension } {
  const [config, markers, strip, ...rest] = gutter as readonly Extension[];
  return { strip, rest: [config, markers, rest] };
}

function withoutHints(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity !== 'hint');
}
