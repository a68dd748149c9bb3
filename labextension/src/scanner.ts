/** Keeps the findings of one notebook up to date while it is edited. */
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { TranslationBundle } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { ApiError } from './api';
import type { IApi } from './api';
import { NotebookFindings } from './findings';
import type { LintRequest } from './protocol';
import { NotebookChanges } from './snapshot';
import type { Change, Snapshot } from './snapshot';
import type { ISecuritySettings } from './tokens';

/** A running cell prints many times a second; its outputs are looked at this often, in milliseconds. */
const OUTPUTS_DELAY = 1000;
/** How many times longer than a scan took the outputs wait: long ones must not keep the server busy. */
const OUTPUTS_SHARE = 10;
/** Milliseconds until the server is asked again after a failure: doubled each time, up to the last. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;
/** Milliseconds that a notebook which was too much for the server is left alone after a change. */
const TOO_LARGE_DELAY = 5000;

export interface ScannerOptions {
  readonly notebook: ISharedNotebook;
  readonly api: Pick<IApi, 'lint'>;
  readonly settings: ISecuritySettings;
  readonly trans: TranslationBundle;
  /** The notebook's path below the contents root, as it is now. */
  readonly path: () => string;
  /** Whether the user has trusted all of the notebook's code. */
  readonly trusted: () => boolean;
}

/**
 * Sends the notebook once, then what has changed since. One request is under way at a time, so that every scan is
 * finished and none waits for ever; what changes meanwhile goes with the next.
 */
export class NotebookScanner implements IDisposable {
  constructor(private readonly _options: ScannerOptions) {
    this.findings = new NotebookFindings(UUID.uuid4(), () => this.rescan());
    this._changes = new NotebookChanges(_options.notebook);
    this._changes.changed.connect(this._onChanged, this);
    _options.settings.changed.connect(this._onSettingsChanged, this);
    this._onSettingsChanged();
  }

  readonly findings: NotebookFindings;

  /** Scan everything again, now. */
  async rescan(): Promise<void> {
    this._base = null;
    this._retry = FIRST_RETRY;
    if (this._isOn && this.findings.state.kind !== 'ready') {
      this.findings.become({ kind: 'scanning' });
    }
    await this._scan();
  }

  /** Scan what has changed, as soon as the user's delay has passed. */
  schedule(change: Change = 'content'): void {
    const { enabled, delay } = this._options.settings;
    if (!enabled || this.isDisposed || this._isWaitingToRetry) {
      return;
    }
    const isTooLarge = this.findings.state.kind === 'too-large';
    const wait = Math.max(delay, isTooLarge ? TOO_LARGE_DELAY : 0);
    if (change === 'content') {
      this._after(wait);
    } else if (this._timer === undefined) {
      this._after(Math.max(wait, OUTPUTS_DELAY, OUTPUTS_SHARE * this._took));
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._cancelTimer();
    this._changes.dispose();
    this._options.settings.changed.disconnect(this._onSettingsChanged, this);
  }

  private _onChanged(_: NotebookChanges, change: Change): void {
    this.schedule(change);
  }

  private _onSettingsChanged(): void {
    const { enabled, outputs } = this._options.settings;
    if (outputs !== this._outputs) {
      this._outputs = outputs;
      this._base = null;
    }
    if (enabled) {
      if (this.findings.state.kind === 'off') {
        this.findings.become({ kind: 'not-scanned' });
      }
      this._after(0);
    } else {
      this._cancelTimer();
      this._base = null;
      this.findings.become({ kind: 'off' });
    }
  }

  private _after(milliseconds: number): void {
    this._cancelTimer();
    this._timer = setTimeout(() => {
      this._timer = undefined;
      this._isWaitingToRetry = false;
      void this._scan();
    }, milliseconds);
  }

  private _cancelTimer(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    this._isWaitingToRetry = false;
  }

  /** Resolves when the notebook as it is now has been scanned, or could not be. */
  private async _scan(): Promise<void> {
    this._cancelTimer();
    this._isWanted = true;
    if (!this._isRunning) {
      this._running = this._scanUntilDone();
    }
    await this._running;
  }

  private async _scanUntilDone(): Promise<void> {
    this._isRunning = true;
    try {
      while (this._isWanted && this._isOn) {
        this._isWanted = false;
        await this._scanOnce();
      }
    } finally {
      this._isRunning = false;
    }
  }

  private async _scanOnce(): Promise<void> {
    if (this.findings.state.kind === 'not-scanned') {
      this.findings.become({ kind: 'scanning' });
    }
    const snapshot = this._changes.take({ everything: this._base === null, outputs: this._outputs });
    const request = this._request(snapshot);
    const start = performance.now();
    try {
      const reply = await this._options.api.lint(request);
      this._took = performance.now() - start;
      this._retry = FIRST_RETRY;
      if (this._isOn) {
        this.findings.accept(reply, snapshot);
      }
    } catch (error) {
      this._onFailed(error, request.base !== null);
    }
  }

  private _request({ order, changed, metadata }: Snapshot): LintRequest {
    const { settings, path, trusted } = this._options;
    const base = this._base;
    this._base = ++this._revision;
    return {
      session: this.findings.session,
      path: path(),
      revision: this._revision,
      base,
      order,
      cells: changed,
      metadata,
      trusted: trusted(),
      options: {
        min_severity: settings.minimumSeverity,
        ignore: [...settings.ignoredRules, ...(settings.ignoredInNotebook[path()] ?? [])],
        outputs: this._outputs
      }
    };
  }

  /** Whatever went wrong, the server may not know the last revision: all is sent next time. */
  private _onFailed(error: unknown, wasDelta: boolean): void {
    this._base = null;
    if (!this._isOn) {
      return;
    }
    const reason = error instanceof ApiError ? error.reason : '';
    if (reason === 'superseded' || (reason === 'unknown-revision' && wasDelta)) {
      this._isWanted = true;
    } else if (reason === 'too-large' || reason === 'time-limit' || statusOf(error) === 413) {
      this.findings.become({ kind: 'too-large', message: this._words(error) });
    } else {
      this._retryLater(error);
    }
  }

  private _retryLater(error: unknown): void {
    // Whoever asked meanwhile is answered by the retry.
    this._isWanted = false;
    this.findings.become({ kind: 'server-missing', message: this._words(error) });
    this._after(this._retry);
    this._isWaitingToRetry = true;
    this._retry = Math.min(this._retry * 2, LAST_RETRY);
  }

  private _words(error: unknown): string {
    const { trans } = this._options;
    if (error instanceof ApiError && error.status === 404 && !error.reason) {
      return trans.__(
        'This Jupyter server does not have the jupyter-mlsecops extension: it is not installed there, or not enabled.'
      );
    }
    if (statusOf(error) === 0) {
      return trans.__('The Jupyter server does not answer.');
    }
    return error instanceof Error ? error.message : String(error);
  }

  private get _isOn(): boolean {
    return !this._isDisposed && this._options.settings.enabled;
  }

  private _base: number | null = null;
  private _revision = 0;
  private _outputs = true;
  private _took = 0;
  private _retry = FIRST_RETRY;
  private _isWaitingToRetry = false;
  private _isWanted = false;
  private _isDisposed = false;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isRunning = false;
  private _running: Promise<void> = Promise.resolve();
  private readonly _changes: NotebookChanges;
}

function statusOf(error: unknown): number | null {
  return error instanceof ApiError ? error.status : null;
}
