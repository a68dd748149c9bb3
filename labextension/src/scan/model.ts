/** One scan of a folder: starts it, asks how far it is, can cancel it; keeps what the user wants to see of it. */
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { IApi } from '../api';
import type { Finding, Level, Problem, ScanState } from '../protocol';
import { filtered, type Column, firstSorting, sorted, type Sorting } from './table';

/** Milliseconds between two questions. */
const PAUSE = 300;

/** How far a scan is. */
export type Progress =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly done: number; readonly total: number }
  | { readonly kind: 'done' | 'cancelled'; readonly done: number }
  | { readonly kind: 'failed'; readonly message: string };

export class ScanModel implements IDisposable {
  /** `path` is a folder below the contents root, empty for the root itself. */
  constructor(
    readonly path: string,
    private readonly _api: Pick<IApi, 'startScan' | 'scan' | 'cancelScan'>,
    private readonly _pause = PAUSE
  ) {}

  /** Emitted when anything here has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get progress(): Progress {
    return this._progress;
  }

  get isRunning(): boolean {
    return this._progress.kind === 'starting' || this._progress.kind === 'running';
  }

  /** All findings that have come so far. */
  get findings(): readonly Finding[] {
    return this._findings;
  }

  get problems(): readonly Problem[] {
    return this._problems;
  }

  get counts(): Partial<Record<Level, number>> {
    return this._counts;
  }

  get text(): string {
    return this._text;
  }

  get hidden(): ReadonlySet<Level> {
    return this._hidden;
  }

  get sorting(): Sorting {
    return this._sorting;
  }

  /** The findings that the filter lets through, sorted. */
  get shown(): readonly Finding[] {
    return (this._shown ??= sorted(filtered(this._findings, this._text, this._hidden), this._sorting));
  }

  setText(text: string): void {
    this._text = text;
    this._show();
  }

  toggleLevel(level: Level): void {
    const hidden = new Set(this._hidden);
    if (!hidden.delete(level)) {
      hidden.add(level);
    }
    this._hidden = hidden;
    this._show();
  }

  clearFilter(): void {
    this._text = '';
    this._hidden = new Set();
    this._show();
  }

  /** Sort by a column; by the one that it is sorted by already, the other way round. */
  sortBy(column: Column): void {
    const { column: before, isDescending } = this._sorting;
    this._sorting = before === column ? { column, isDescending: !isDescending } : firstSorting(column);
    this._show();
  }

  /** Scan the folder, from the beginning. Resolves when the scan has ended, however it did. */
  async start(): Promise<void> {
    const previous = this._id;
    const turn = ++this._turn;
    this._id = null;
    this._findings = [];
    this._problems = [];
    this._counts = {};
    this._move({ kind: 'starting' });
    try {
      await this._end(previous);
      const { id } = await this._api.startScan(this.path);
      if (turn === this._turn) {
        this._id = id;
        await this._follow(id, turn);
      } else {
        // Cancelled before it had a name.
        await this._end(id);
      }
    } catch (error) {
      if (turn === this._turn) {
        this._id = null;
        this._move({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
      }
    }
  }

  /** Stop a running scan; what it has found stays. */
  async cancel(): Promise<void> {
    const { progress } = this;
    if (progress.kind !== 'starting' && progress.kind !== 'running') {
      return;
    }
    const id = this._id;
    this._turn++;
    this._id = null;
    this._move({ kind: 'cancelled', done: progress.kind === 'running' ? progress.done : 0 });
    await this._end(id);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      void this.cancel();
      Signal.clearData(this);
    }
  }

  private async _follow(id: string, turn: number): Promise<void> {
    for (;;) {
      const state = await this._api.scan(id, this._findings.length);
      if (turn !== this._turn) {
        return;
      }
      this._take(state);
      if (state.state !== 'running') {
        this._id = null;
        return;
      }
      await new Promise(resolve => setTimeout(resolve, this._pause));
    }
  }

  /** A job that cannot be reached cannot be stopped; it ends by itself. */
  private async _end(id: string | null): Promise<void> {
    if (id !== null) {
      await this._api.cancelScan(id).catch(() => undefined);
    }
  }

  private _take(state: ScanState): void {
    this._findings = [...this._findings, ...state.findings];
    this._problems = state.problems;
    this._counts = state.summary;
    const { done, total, message } = state;
    switch (state.state) {
      case 'running':
        this._move({ kind: 'running', done, total });
        break;
      case 'failed':
        this._move({ kind: 'failed', message });
        break;
      default:
        this._move({ kind: state.state, done });
    }
  }

  private _move(progress: Progress): void {
    this._progress = progress;
    this._show();
  }

  private _show(): void {
    this._shown = null;
    this._changed.emit();
  }

  private _progress: Progress = { kind: 'starting' };
  private _findings: readonly Finding[] = [];
  private _problems: readonly Problem[] = [];
  private _counts: Partial<Record<Level, number>> = {};
  private _text = '';
  private _hidden: ReadonlySet<Level> = new Set();
  private _sorting = firstSorting('severity');
  private _shown: readonly Finding[] | null = null;
  /** Counts starts and cancels: an answer from before the last one is not for us. */
  private _turn = 0;
  private _id: string | null = null;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
