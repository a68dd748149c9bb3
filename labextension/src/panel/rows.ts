/** The list as the flat sequence of rows that is drawn, with what each says of itself to assistive technology. */
import type { EditorFinding, Related } from '../protocol';
import type { Group } from './groups';

interface RowBase {
  /** Stable across scans: focus and open branches hold on to it. */
  readonly key: string;
  /** Depth, position among its siblings and their number: from 1. */
  readonly depth: number;
  readonly position: number;
  readonly siblings: number;
  /** The row that this one lies below. */
  readonly parent: string | null;
}

/** A row: a heading, a finding, a further place of a finding, or what shows more of a long list. */
export type Row = RowBase &
  (
    | { readonly kind: 'group'; readonly group: Group; readonly expanded: boolean }
    | {
        readonly kind: 'finding';
        readonly group: Group;
        readonly finding: EditorFinding;
        /** Null where there are no further places. */
        readonly expanded: boolean | null;
      }
    | { readonly kind: 'place'; readonly finding: EditorFinding; readonly place: Related }
    | { readonly kind: 'more'; readonly hidden: number }
  );

/** Which branches differ from their usual state: headings stand open, further places closed. */
export interface Branches {
  readonly closed: ReadonlySet<string>;
  readonly opened: ReadonlySet<string>;
}

/** The rows in view order; at most `limit` findings, and then a row that shows more. */
export function rowsOf(groups: readonly Group[], branches: Branches, limit: number): Row[] {
  const rows: Row[] = [];
  let left = limit;
  let hidden = 0;
  groups.forEach((group, index) => {
    const fitting = group.findings.slice(0, left);
    left -= fitting.length;
    hidden += group.findings.length - fitting.length;
    if (fitting.length) {
      rows.push(...groupRows(group, index, groups.length, fitting, branches));
    }
  });
  if (hidden) {
    const siblings = groups.length + 1;
    rows.push({ kind: 'more', key: 'more', depth: 1, position: siblings, siblings, parent: null, hidden });
  }
  return rows;
}

function groupRows(
  group: Group,
  index: number,
  siblings: number,
  findings: readonly EditorFinding[],
  branches: Branches
): Row[] {
  const expanded = !branches.closed.has(group.key);
  const { key } = group;
  const heading: Row = {
    kind: 'group',
    key,
    depth: 1,
    position: index + 1,
    siblings,
    parent: null,
    group,
    expanded
  };
  const below = expanded ? findings.flatMap((each, at) => findingRows(group, each, at, branches)) : [];
  return [heading, ...below];
}

function findingRows(group: Group, finding: EditorFinding, index: number, branches: Branches): Row[] {
  const { related } = finding.finding;
  const { key } = finding;
  const expanded = related.length ? branches.opened.has(key) : null;
  const row: Row = {
    kind: 'finding',
    key,
    depth: 2,
    position: index + 1,
    siblings: group.findings.length,
    parent: group.key,
    group,
    finding,
    expanded
  };
  const places = expanded ? related : [];
  return [
    row,
    ...places.map((place, at): Row => ({
      kind: 'place',
      key: `${key}/${at}`,
      depth: 3,
      position: at + 1,
      siblings: related.length,
      parent: key,
      finding,
      place
    }))
  ];
}

/** Whether a row can be opened or closed. */
export function isBranch(row: Row): row is Extract<Row, { kind: 'group' | 'finding' }> {
  return row.kind === 'group' || (row.kind === 'finding' && row.expanded !== null);
}
