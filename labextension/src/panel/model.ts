/** What the panel shows and where in it the user is; knows nothing of how it is drawn. */
import type { IDisposable } from '@lumino/disposable';
import { type ISignal, Signal } from '@lumino/signaling';
import type { EditorFinding, Level } from '../protocol';
import type { INotebookFindings, ISecurityFindings } from '../tokens';
import { filtered, grouped, type Filter, type Grouping } from './groups';
import { isBranch, type Row, rowsOf } from './rows';

/** How many findings are drawn until the user gets to their end: there can be any number, and they change with every scan. */
const PAGE = 200;

const EVERYTHING: Filter = { text: '', hidden: new Set() };

/** The state of the panel: follows the current notebook, keeps filter, grouping, open branches and the active row. */
export class PanelModel implements IDisposable {
  constructor(private readonly _source: ISecurityFindings) {
    _source.currentChanged.connect(this._follow, this);
    this._follow();
  }

  /** Emitted when anything here has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The findings of the current notebook; undefined where there is none. */
  get notebook(): INotebookFindings | undefined {
    return this._notebook;
  }

  get filter(): Filter {
    return this._filter;
  }

  get grouping(): Grouping {
    return this._grouping;
  }

  /** What the filter lets through, whether it is drawn or not. */
  get shown(): readonly EditorFinding[] {
    return this._shown;
  }

  /** What is drawn, top to bottom. */
  get rows(): readonly Row[] {
    return this._rows;
  }

  /** The row that Tab leads to; -1 where there are no rows. */
  get activeIndex(): number {
    return this._activeIndex;
  }

  /** The key of the row that is on its way to its place; null where none is. */
  get busy(): string | null {
    return this._busy;
  }

  /** True once after something has asked that the active row get the focus. */
  takeFocusRequest(): boolean {
    const wanted = this._focusWanted;
    this._focusWanted = false;
    return wanted;
  }

  setText(text: string): void {
    this._filter = { ...this._filter, text };
    this._rebuild();
  }

  toggleLevel(level: Level): void {
    const hidden = new Set(this._filter.hidden);
    if (!hidden.delete(level)) {
      hidden.add(level);
    }
    this._filter = { ...this._filter, hidden };
    this._rebuild();
  }

  clearFilter(): void {
    this._filter = EVERYTHING;
    this._rebuild();
  }

  setGrouping(grouping: Grouping): void {
    this._grouping = grouping;
    this._rebuild();
  }

  /** Make a row the active one; with the focus where `focus` says so. A key without a row changes nothing. */
  activate(key: string, focus: boolean): void {
    const index = this._rows.findIndex(row => row.key === key);
    if (index >= 0) {
      this._activeIndex = index;
      this._activeKey = key;
      this._focusWanted ||= focus;
      this._changed.emit();
    }
  }

  /** Give the focus to the active row. */
  focus(): void {
    this._focusWanted = this._rows.length > 0;
    this._changed.emit();
  }

  /** Show a finding, whatever filters or closed headings hide it, and make it active. */
  select(key: string): void {
    const finding = this._notebook?.findings.find(each => each.key === key);
    if (finding) {
      if (!this._shown.includes(finding)) {
        this._filter = EVERYTHING;
      }
      this._closed.clear();
      this._rebuild();
      while (this._rows.at(-1)?.kind === 'more' && !this._rows.some(row => row.key === key)) {
        this.showMore();
      }
      this.activate(key, true);
    }
  }

  setExpanded(key: string, expanded: boolean): void {
    const row = this._rows.find(each => each.key === key);
    if (row && isBranch(row)) {
      const usual = row.kind === 'group';
      const unusual = usual ? this._closed : this._opened;
      unusual[expanded === usual ? 'delete' : 'add'](key);
      this._activeKey = key;
      this._rebuild();
    }
  }

  expandAll(): void {
    this._closed.clear();
    this._rebuild();
  }

  /** Draw more of a long list. Who stood on the row that offers it goes on with what takes its place. */
  showMore(): void {
    this._limit += PAGE;
    if (this._rows.at(this._activeIndex)?.kind === 'more') {
      this._activeKey = null;
      this._focusWanted = true;
    }
    this._rebuild();
  }

  /** Run something slow for a row, which looks busy meanwhile. */
  async whileBusy(key: string, work: () => Promise<unknown>): Promise<void> {
    this._setBusy(key);
    try {
      await work();
    } finally {
      if (this._busy === key) {
        this._setBusy(null);
      }
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _setBusy(key: string | null): void {
    this._busy = key;
    this._changed.emit();
  }

  private _follow(): void {
    this._notebook?.changed.disconnect(this._rebuild, this);
    this._notebook = this._source.current;
    this._notebook?.changed.connect(this._rebuild, this);
    this._closed.clear();
    this._opened.clear();
    this._activeKey = null;
    this._activeIndex = 0;
    this._busy = null;
    this._limit = PAGE;
    this._rebuild();
  }

  private _rebuild(): void {
    const branches = { closed: this._closed, opened: this._opened };
    this._shown = filtered(this._notebook?.findings ?? [], this._filter);
    this._rows = rowsOf(grouped(this._shown, this._grouping), branches, this._limit);
    // Where the active row is gone, the one that took its place is the next to look at.
    const index = this._rows.findIndex(row => row.key === this._activeKey);
    const neighbour = Math.min(Math.max(this._activeIndex, 0), this._rows.length - 1);
    this._activeIndex = index >= 0 ? index : neighbour;
    this._activeKey = this._rows[this._activeIndex]?.key ?? null;
    this._changed.emit();
  }

  private _notebook: INotebookFindings | undefined;
  private _filter = EVERYTHING;
  private _grouping: Grouping = 'cell';
  private _shown: readonly EditorFinding[] = [];
  private _rows: readonly Row[] = [];
  private readonly _closed = new Set<string>();
  private readonly _opened = new Set<string>();
  private _limit = PAGE;
  private _activeKey: string | null = null;
  private _activeIndex = -1;
  private _busy: string | null = null;
  private _focusWanted = false;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
