/** The findings of all open notebooks: one scanner for each notebook model, however many views it has. */
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { INotebookModel, INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { IApi } from './api';
import type { NotebookFindings } from './findings';
import { NotebookScanner } from './scanner';
import type { ISecurityFindings, ISecuritySettings } from './tokens';
import { isTrusted } from './trust';

export interface StoreOptions {
  readonly tracker: INotebookTracker;
  readonly api: Pick<IApi, 'lint'>;
  readonly settings: ISecuritySettings;
  readonly trans: TranslationBundle;
  /** What of a contents path belongs to the server, without the drive. */
  readonly localPath: (path: string) => string;
}

export class SecurityFindings implements ISecurityFindings, IDisposable {
  constructor(private readonly _options: StoreOptions) {
    const { tracker } = _options;
    tracker.widgetAdded.connect(this._onAdded, this);
    tracker.currentChanged.connect(this._onCurrentChanged, this);
    tracker.forEach(panel => this._onAdded(tracker, panel));
  }

  of(notebook: ISharedNotebook): NotebookFindings | undefined {
    return this._scanners.get(notebook)?.findings;
  }

  get current(): NotebookFindings | undefined {
    const notebook = this._options.tracker.currentWidget?.model?.sharedModel;
    return notebook && this.of(notebook);
  }

  get currentChanged(): ISignal<this, void> {
    return this._currentChanged;
  }

  get settings(): ISecuritySettings {
    return this._options.settings;
  }

  /** Emitted when a notebook has findings from now on. */
  get added(): ISignal<this, NotebookFindings> {
    return this._added;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this._options.tracker.widgetAdded.disconnect(this._onAdded, this);
    this._options.tracker.currentChanged.disconnect(this._onCurrentChanged, this);
    this._scanners.forEach(scanner => scanner.dispose());
    this._scanners.clear();
    Signal.clearData(this);
  }

  private _onAdded(_: INotebookTracker, panel: NotebookPanel): void {
    // Only then the file's content is in the model.
    void panel.context.ready.then(() => {
      if (!panel.isDisposed && panel.model) {
        this._open(panel, panel.model);
      }
    });
  }

  private _open(panel: NotebookPanel, model: INotebookModel): void {
    const notebook = model.sharedModel;
    if (this._scanners.has(notebook) || this._isDisposed) {
      return;
    }
    const { context } = panel;
    const scanner = new NotebookScanner({
      ...this._options,
      notebook,
      path: () => this._options.localPath(context.path),
      trusted: () => isTrusted(model)
    });
    this._scanners.set(notebook, scanner);
    const onPathChanged = (): void => scanner.schedule();
    context.pathChanged.connect(onPathChanged);
    // The context outlives every single view, and goes with the last.
    context.disposed.connect(() => {
      scanner.dispose();
      this._scanners.delete(notebook);
    });
    this._added.emit(scanner.findings);
    this._onCurrentChanged();
  }

  private _onCurrentChanged(): void {
    this._currentChanged.emit();
  }

  private _isDisposed = false;
  private readonly _scanners = new Map<ISharedNotebook, NotebookScanner>();
  private readonly _currentChanged = new Signal<this, void>(this);
  private readonly _added = new Signal<this, NotebookFindings>(this);
}
