/** Which findings are shown, and under which headings. */
import type { Cell, EditorFinding, Level } from '../protocol';
import { bySeverity, worse } from './levels';
import { byPlace } from './places';

/** What the headings of the list are. */
export const GROUPINGS = ['cell', 'severity', 'rule'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** What the user wants to see. */
export interface Filter {
  /** Every word of it must occur. */
  readonly text: string;
  readonly hidden: ReadonlySet<Level>;
}

/** Findings under one heading. */
export type Group = {
  readonly key: string;
  readonly findings: readonly EditorFinding[];
  /** The most severe level of its findings. */
  readonly worst: Level;
} & (
  | { readonly by: 'cell'; readonly cell: Cell | null }
  | { readonly by: 'severity'; readonly level: Level }
  | { readonly by: 'rule'; readonly rule: string; readonly title: string }
);

/** The findings that a filter lets through. */
export function filtered(findings: readonly EditorFinding[], filter: Filter): EditorFinding[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  return findings.filter(each => !filter.hidden.has(each.finding.severity) && mentions(each, words));
}

function mentions({ title, finding }: EditorFinding, words: readonly string[]): boolean {
  if (!words.length) {
    return true;
  }
  const { rule, category, message, snippet, related } = finding;
  const told = [title, rule, category, message, snippet, ...related.map(each => each.message)];
  const text = told.join('\n').toLowerCase();
  return words.every(word => text.includes(word));
}

/** The findings under headings: cells as they stand, severities and rules with the most severe first. */
export function grouped(findings: readonly EditorFinding[], by: Grouping): Group[] {
  const groups = new Map<string, EditorFinding[]>();
  for (const each of [...findings].sort((left, right) => byPlace(left.finding, right.finding))) {
    const key = keyOf(each, by);
    const group = groups.get(key);
    if (group) {
      group.push(each);
    } else {
      groups.set(key, [each]);
    }
  }
  const all = [...groups].map(([key, members]) => headed(key, members, by));
  return by === 'cell' ? all : all.sort((left, right) => bySeverity(left.worst, right.worst));
}

function keyOf({ finding }: EditorFinding, by: Grouping): string {
  switch (by) {
    case 'cell':
      return `cell:${finding.cell ? (finding.cell.id ?? finding.cell.index) : ''}`;
    case 'severity':
      return `severity:${finding.severity}`;
    case 'rule':
      return `rule:${finding.rule}`;
  }
}

function headed(key: string, findings: EditorFinding[], by: Grouping): Group {
  const { title, finding } = findings[0];
  const worst = findings.reduce<Level>(
    (level, each) => worse(level, each.finding.severity),
    finding.severity
  );
  switch (by) {
    case 'cell':
      return { key, findings, worst, by, cell: finding.cell };
    case 'severity':
      return { key, findings, worst, by, level: finding.severity };
    case 'rule':
      return { key, findings, worst, by, rule: finding.rule, title };
  }
}
