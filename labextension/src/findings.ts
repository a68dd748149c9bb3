/** What is known about one notebook. */
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { CellModel, EditorFinding, Level, LintReply, Problem, Related } from './protocol';
import type { Snapshot } from './snapshot';
import { LEVELS } from './tokens';
import type { INotebookFindings, Mark, State } from './tokens';

const NO_MARKS: readonly Mark[] = [];

/** Fields that change with text elsewhere in the file, and that no mark shows. */
const ELSEWHERE = new Set(['file_range', 'index', 'number', 'path']);

export class NotebookFindings implements INotebookFindings {
  constructor(
    readonly session: string,
    private readonly _rescan: () => Promise<void>
  ) {}

  get state(): State {
    return this._state;
  }
  get findings(): readonly EditorFinding[] {
    return this._findings;
  }
  get problems(): readonly Problem[] {
    return this._problems;
  }
  get counts(): Readonly<Record<Level, number>> {
    return this._counts;
  }
  get silenced(): number {
    return this._silenced;
  }
  get revision(): number | null {
    return this._revision;
  }
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** The same array as before where the marks of a cell are the same: drawing them again would cost. */
  marksOf(cellId: string): readonly Mark[] {
    return this._marks.get(cellId)?.marks ?? NO_MARKS;
  }

  sourceAt(cellId: string): string | undefined {
    return this.cellAt(cellId)?.source as string | undefined;
  }

  /** The cell as it was when its marks were found. */
  cellAt(cellId: string): CellModel | undefined {
    return this._cells.get(cellId);
  }

  async rescan(): Promise<void> {
    await this._rescan();
  }

  /** Show what the server says about a snapshot. */
  accept(reply: LintReply, snapshot: Snapshot): void {
    this._revision = reply.revision;
    this._cells = snapshot.cells;
    this._problems = reply.problems;
    this._silenced = reply.silenced;
    this._setFindings(reply.findings);
    this._state = reply.too_large
      ? { kind: 'too-large', message: reply.problems.map(problem => problem.message).join('\n') }
      : { kind: 'ready' };
    this._changed.emit();
  }

  /** Only the state has changed. What was found before stays, except where nothing is known any more. */
  become(state: State): void {
    if (state.kind === 'off' || state.kind === 'too-large') {
      this._setFindings([]);
      this._problems = [];
      this._silenced = 0;
    }
    this._state = state;
    this._changed.emit();
  }

  private _setFindings(findings: readonly EditorFinding[]): void {
    this._findings = findings;
    this._counts = noCounts();
    const byCell = new Map<string, Mark[]>();
    for (const finding of findings) {
      this._counts[finding.finding.severity]++;
      for (const mark of marksFor(finding)) {
        const id = mark.place.cell?.id;
        if (id != null) {
          byCell.set(id, [...(byCell.get(id) ?? []), mark]);
        }
      }
    }
    const before = this._marks;
    this._marks = new Map();
    for (const [id, marks] of byCell) {
      const text = JSON.stringify(marks, (key, value: unknown) => (ELSEWHERE.has(key) ? undefined : value));
      const known = before.get(id);
      this._marks.set(id, known?.text === text ? known : { text, marks });
    }
  }

  private _state: State = { kind: 'not-scanned' };
  private _findings: readonly EditorFinding[] = [];
  private _problems: readonly Problem[] = [];
  private _counts = noCounts();
  private _silenced = 0;
  private _revision: number | null = null;
  private _cells: ReadonlyMap<string, CellModel> = new Map();
  private _marks = new Map<string, { text: string; marks: readonly Mark[] }>();
  private readonly _changed = new Signal<this, void>(this);
}

/** A mark for the place of a finding, and one for each related place. */
export function marksFor({ key, title, finding, ignores, pin, move_secret }: EditorFinding): Mark[] {
  const mark = (place: EditorFinding['finding'] | Related, isRelated: boolean): Mark => ({
    key,
    title,
    finding,
    ignores,
    pin,
    moveSecret: move_secret,
    place,
    message: place.message || finding.message,
    fixes: place.fixes,
    isRelated
  });
  return [mark(finding, false), ...finding.related.map(related => mark(related, true))];
}

/** The most severe level of some marks; undefined where there are none. */
export function levelOf(marks: readonly Mark[]): Level | undefined {
  return LEVELS.findLast(level => marks.some(mark => mark.finding.severity === level));
}

function noCounts(): Record<Level, number> {
  return Object.fromEntries(LEVELS.map(level => [level, 0])) as Record<Level, number>;
}
