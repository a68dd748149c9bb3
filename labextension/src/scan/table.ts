/** The order and the keyboard path of the table of findings, without how it is drawn. */
import { bySeverity } from '../panel/levels';
import { byPlace } from '../panel/places';
import type { Finding, Level } from '../protocol';

/** The columns in the order in which they stand. */
export const COLUMNS = ['severity', 'rule', 'file', 'cell', 'message'] as const;
export type Column = (typeof COLUMNS)[number];

/** By which column, and which way round. */
export interface Sorting {
  readonly column: Column;
  readonly isDescending: boolean;
}

/** The findings that mention every word and whose level is not hidden. */
export function filtered(findings: readonly Finding[], text: string, hidden: ReadonlySet<Level>): Finding[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return findings.filter(each => {
    const { rule, category, path, message, snippet } = each;
    const told = [rule, category, path, message, snippet].join('\n').toLowerCase();
    return !hidden.has(each.severity) && words.every(word => told.includes(word));
  });
}

/** The findings in order; those equal in the column stand as in their files. */
export function sorted(findings: readonly Finding[], { column, isDescending }: Sorting): Finding[] {
  const sign = isDescending ? -1 : 1;
  return [...findings].sort(
    (left, right) => sign * COMPARE[column](left, right) || COMPARE.file(left, right) || byPlace(left, right)
  );
}

const WORDS = new Intl.Collator(undefined, { numeric: true });

const COMPARE: Record<Column, (left: Finding, right: Finding) => number> = {
  // Ascending is from the least severe on, as everybody reads it.
  severity: (left, right) => bySeverity(right.severity, left.severity),
  rule: (left, right) => WORDS.compare(left.rule, right.rule),
  file: (left, right) => WORDS.compare(left.path, right.path),
  cell: byPlace,
  message: (left, right) => WORDS.compare(left.message, right.message)
};

/** How a column is sorted at first. */
export function firstSorting(column: Column): Sorting {
  return { column, isDescending: column === 'severity' };
}

/** A cell of the grid; row -1 is the header. */
export interface Spot {
  readonly row: number;
  readonly column: number;
}

/** Where a key leads from a spot; null where it is not one that walks. Home and End stay in the row, with Ctrl they leave it. */
export function walk(
  pressed: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey'>,
  from: Spot,
  rows: number,
  page: number
): Spot | null {
  if (pressed.altKey || pressed.metaKey) {
    return null;
  }
  const last = COLUMNS.length - 1;
  const to = (row: number, column: number): Spot => ({
    row: Math.max(-1, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(last, column))
  });
  switch (pressed.key) {
    case 'ArrowDown':
      return to(from.row + 1, from.column);
    case 'ArrowUp':
      return to(from.row - 1, from.column);
    case 'ArrowLeft':
      return to(from.row, from.column - 1);
    case 'ArrowRight':
      return to(from.row, from.column + 1);
    case 'PageDown':
      return to(from.row + page, from.column);
    case 'PageUp':
      return to(Math.max(0, from.row - page), from.column);
    case 'Home':
      return pressed.ctrlKey ? to(0, 0) : to(from.row, 0);
    case 'End':
      return pressed.ctrlKey ? to(rows - 1, last) : to(from.row, last);
    default:
      return null;
  }
}
