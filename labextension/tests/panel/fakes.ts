/** Findings, notebooks and actions for the specs of the panel. */
import { Signal } from '@lumino/signaling';
import { vi } from 'vitest';
import type { PanelActions } from '../../src/panel/panel';
import type { EditorFinding, Fix, Level, Related } from '../../src/protocol';
import type { INotebookFindings, ISecurityFindings, State } from '../../src/tokens';
import { LEVELS } from '../../src/tokens';

export interface Some {
  key?: string;
  rule?: string;
  title?: string;
  severity?: Level;
  message?: string;
  /** Index of the cell; null for the notebook itself. */
  cell?: number | null;
  part?: string;
  line?: number;
  related?: Related[];
  fixes?: Fix[];
}

let count = 0;

export function finding(some: Some = {}): EditorFinding {
  const { cell = 0, part = '/source', line = 1, rule = 'a-rule', severity = 'medium' } = some;
  const key = some.key ?? `key-${count++}`;
  return {
    key,
    title: some.title ?? 'A rule',
    finding: {
      ...place(cell, part, line),
      rule,
      category: 'a-category',
      severity,
      confidence: 'high',
      engine: 'native',
      message: some.message ?? 'something is wrong',
      path: 'a.ipynb',
      snippet: 'x = 1',
      fingerprint: key,
      cwe: [],
      url: '',
      related: some.related ?? [],
      fixes: some.fixes ?? []
    },
    ignores: [{ kind: 'line', title: 'Ignore here', edits: [], rule }],
    pin: null,
    move_secret: false
  };
}

export function place(cell: number | null, part: string, line: number) {
  return {
    cell: cell === null ? null : { index: cell, number: cell + 1, id: `c${cell}`, type: 'code' as const },
    part,
    range: { start: { line, column: 1 }, end: { line, column: 5 } },
    file_range: null
  };
}

export function related(cell: number, message = 'here too'): Related {
  return { ...place(cell, '/source', 1), message, fixes: [] };
}

export class FakeNotebook implements INotebookFindings {
  constructor(
    public findings: EditorFinding[] = [],
    public state: State = { kind: 'ready' }
  ) {}
  problems: INotebookFindings['problems'] = [];
  silenced = 0;
  revision = 1;
  session = 'session';
  rescan = vi.fn(() => Promise.resolve());
  readonly changed = new Signal<this, void>(this);
  get counts() {
    const counts = Object.fromEntries(LEVELS.map(level => [level, 0])) as Record<Level, number>;
    this.findings.forEach(each => counts[each.finding.severity]++);
    return counts;
  }
  marksOf() {
    return [];
  }
  sourceAt() {
    return undefined;
  }
  become(findings: EditorFinding[], state: State = { kind: 'ready' }) {
    this.findings = findings;
    this.state = state;
    this.changed.emit();
  }
}

export class FakeFindings implements ISecurityFindings {
  constructor(public current: FakeNotebook | undefined) {}
  of() {
    return this.current;
  }
  readonly currentChanged = new Signal<this, void>(this);
  readonly settings = {
    notice: 'high',
    changed: new Signal<object, void>({}),
    set: vi.fn()
  } as unknown as ISecurityFindings['settings'];
}

export function fakeActions() {
  return {
    notebookName: 'a.ipynb' as string | null,
    ignoredHere: [] as string[],
    showIgnored: vi.fn(),
    go: vi.fn(() => Promise.resolve()),
    apply: vi.fn(() => Promise.resolve(true)),
    ignore: vi.fn(() => Promise.resolve(true)),
    pin: vi.fn(() => Promise.resolve(true)),
    explain: vi.fn(),
    copy: vi.fn(),
    fixSafe: vi.fn(),
    switchOn: vi.fn(),
    leave: vi.fn()
  } satisfies PanelActions;
}
