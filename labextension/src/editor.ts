/** Marks findings in whichever editor shows a cell. Lab's packages are imported as types only. */
import { linter, lintGutter, setDiagnostics } from '@codemirror/lint';
import type { Diagnostic } from '@codemirror/lint';
import { Compartment } from '@codemirror/state';
import type { Extension, Text } from '@codemirror/state';
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
import type { Level } from './protocol';
import { LEVELS } from './tokens';
import type { ISecuritySettings, Mark } from './tokens';

/** CodeMirror's words for our levels; its hints have no mark in the gutter. */
const SEVERITIES: Record<Level, Diagnostic['severity']> = {
  info: 'hint',
  low: 'info',
  medium: 'warning',
  high: 'error',
  critical: 'error'
};

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
      const gutter = new Compartment();
      const extension: Extension = [
        linter(null),
        gutter.of([]),
        ViewPlugin.define(view => new CellMarks(view, shared as ISharedCell, gutter, options))
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
    private readonly _gutter: Compartment,
    private readonly _options: EditorOptions
  ) {
    const { store, settings } = _options;
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
    const scanned = this._findings?.sourceAt(this._cell.getId());
    const isStale = scanned === undefined || withLineFeeds(scanned) !== doc.toString();
    if (isStale && this._isAnswerComing) {
      return;
    }
    const found = this._findings?.marksOf(this._cell.getId()) ?? [];
    const { marks, doc: drawnOn } = this._drawn;
    const isDrawn = isStale ? marks.length === 0 : marks === found && drawnOn === doc;
    if (!isDrawn || this._isGutterWanted !== this._hasGutter) {
      this._drawn = { marks: isStale ? [] : found, doc };
      this._show(doc, this._drawn.marks);
    }
  }

  private _show(doc: Text, marks: readonly Mark[]): void {
    const positions = new TextPositions(doc.toString());
    // The worst comes first where several cards are shown.
    const inSource = marks
      .filter(mark => mark.place.part === '/source')
      .sort((left, right) => rank(right) - rank(left));
    const diagnostics = inSource.map(mark => this._diagnostic(mark, positions));
    this._hasLoud = withoutHints(diagnostics).length > 0;
    // The gutter first: it only learns of marks that are set when it is there.
    this._showGutter();
    this._view.dispatch(setDiagnostics(this._view.state, diagnostics));
  }

  private _showGutter(): void {
    const isWanted = this._isGutterWanted;
    if (isWanted !== this._hasGutter) {
      this._hasGutter = isWanted;
      const gutter = isWanted ? lintGutter({ markerFilter: withoutHints }) : [];
      this._view.dispatch({ effects: this._gutter.reconfigure(gutter) });
    }
  }

  /** Only cells with findings have one: everywhere else it would be an empty strip. */
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
      renderMessage: () => (notebook ? card(notebook, mark, actions, trans) : document.createElement('span'))
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
  private _drawn: { marks: readonly Mark[]; doc: Text | null } = { marks: [], doc: null };
  private _hasLoud = false;
  private _hasGutter = false;
  private _isDestroyed = false;
}

function rank({ finding }: Mark): number {
  return LEVELS.indexOf(finding.severity);
}

function withoutHints(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity !== 'hint');
}
