/** One row of the list. Drawn again only when what it says has changed: a scan follows every pause in typing. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Place } from '../tokens';
import type { Group } from './groups';
import { LevelMark } from './level-mark';
import { levelName } from './levels';
import { placeInCell, placeInNotebook } from './places';
import { isBranch, type Row } from './rows';
import { Message, visible } from './text';

export interface RowProps {
  readonly row: Row;
  readonly index: number;
  readonly active: boolean;
  readonly busy: boolean;
  readonly trans: TranslationBundle;
}

/** A row of any kind. The list handles its events: they find it by `data-index`. */
export const RowView = React.memo(function RowView(props: RowProps): React.JSX.Element {
  const { row, index, active, busy, trans } = props;
  return (
    <div
      role="treeitem"
      className={`jp-mlsecops-row jp-mod-${row.kind}`}
      data-index={index}
      tabIndex={active ? 0 : -1}
      aria-level={row.depth}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-selected={active}
      aria-expanded={isBranch(row) ? (row.expanded ?? false) : undefined}
      aria-busy={busy || undefined}
      aria-label={spoken(row, trans)}
    >
      <Content row={row} trans={trans} />
    </div>
  );
}, looksTheSame);

function looksTheSame(before: RowProps, after: RowProps): boolean {
  return (
    before.index === after.index &&
    before.active === after.active &&
    before.busy === after.busy &&
    before.trans === after.trans &&
    (before.row === after.row || drawnText(before.row) === drawnText(after.row))
  );
}

/** All that is drawn of a row, as one text to compare. */
function drawnText(row: Row): string {
  const { kind, key, depth, position, siblings } = row;
  const shape = [kind, key, depth, position, siblings, isBranch(row) && row.expanded];
  switch (row.kind) {
    case 'group':
      return JSON.stringify([shape, row.group.findings.length, row.group.worst, headingOf(row.group)]);
    case 'finding': {
      const { severity, message, rule, cell, part, range } = row.finding.finding;
      return JSON.stringify([shape, row.group.by, severity, message, rule, cell?.number, part, range.start]);
    }
    case 'place': {
      const { cell, part, range, message } = row.place;
      return JSON.stringify([shape, cell?.number, part, range.start, message]);
    }
    case 'more':
      return JSON.stringify([shape, row.hidden]);
  }
}

/** What the heading is made of, in no language. */
function headingOf(group: Group): readonly (string | number | undefined)[] {
  switch (group.by) {
    case 'cell':
      return [group.cell?.number, group.cell?.type];
    case 'severity':
      return [group.level];
    case 'rule':
      return [group.rule, group.title];
  }
}

function Content({ row, trans }: { row: Row; trans: TranslationBundle }): React.JSX.Element {
  switch (row.kind) {
    case 'group':
      return <Heading group={row.group} trans={trans} />;
    case 'finding': {
      const { finding } = row.finding;
      return (
        <>
          <LevelMark level={finding.severity} />
          <span className="jp-mlsecops-rowText">
            <span className="jp-mlsecops-message">
              <Message text={finding.message} />
            </span>
            <span className="jp-mlsecops-meta">
              <Where place={finding} group={row.group} trans={trans} />
              {row.group.by !== 'rule' && <span className="jp-mlsecops-ruleId">{visible(finding.rule)}</span>}
              {row.expanded !== null && <More count={finding.related.length} trans={trans} />}
            </span>
          </span>
          <button
            type="button"
            className="jp-mlsecops-rowMenu"
            tabIndex={-1}
            title={trans.__('Fix, ignore and more')}
            aria-label={trans.__('Fix, ignore and more')}
            aria-haspopup="menu"
          />
        </>
      );
    }
    case 'place':
      return (
        <span className="jp-mlsecops-rowText">
          <span className="jp-mlsecops-meta">
            <span>{placeInNotebook(row.place, trans)}</span>
            <span className="jp-mlsecops-placeMessage">
              <Message text={row.place.message} />
            </span>
          </span>
        </span>
      );
    case 'more':
      return <span className="jp-mlsecops-rowText">{moreText(row.hidden, trans)}</span>;
  }
}

function Heading({ group, trans }: { group: Group; trans: TranslationBundle }): React.JSX.Element {
  return (
    <>
      <span className="jp-mlsecops-twisty" aria-hidden="true" />
      {group.by === 'severity' && <LevelMark level={group.level} />}
      <span className="jp-mlsecops-heading">
        <span className="jp-mlsecops-headingText">{headingText(group, trans)}</span>
        {group.by === 'rule' && <span className="jp-mlsecops-ruleId">{visible(group.rule)}</span>}
      </span>
      <span className={`jp-mlsecops-count jp-mod-level-${group.worst}`}>{group.findings.length}</span>
    </>
  );
}

/** The place, without what the heading says already. */
function Where(props: { place: Place; group: Group; trans: TranslationBundle }): React.JSX.Element {
  const { place, group, trans } = props;
  return <span>{group.by === 'cell' ? placeInCell(place, trans) : placeInNotebook(place, trans)}</span>;
}

function More({ count, trans }: { count: number; trans: TranslationBundle }): React.JSX.Element {
  return (
    <span className="jp-mlsecops-more">
      <span className="jp-mlsecops-twisty" aria-hidden="true" />
      {trans._n('%1 more place', '%1 more places', count)}
    </span>
  );
}

function headingText(group: Group, trans: TranslationBundle): string {
  switch (group.by) {
    case 'cell':
      return group.cell ? trans.__('Cell %1', group.cell.number) : trans.__('Notebook');
    case 'severity':
      return levelName(group.level, trans);
    case 'rule':
      return visible(group.title || group.rule);
  }
}

function moreText(hidden: number, trans: TranslationBundle): string {
  return trans._n('Show %1 more finding', 'Show %1 more findings', hidden);
}

/** A row in words, for those who hear it. */
function spoken(row: Row, trans: TranslationBundle): string {
  switch (row.kind) {
    case 'group': {
      const count = row.group.findings.length;
      const findings = trans._n('%1 finding', '%1 findings', count);
      return `${headingText(row.group, trans)}, ${findings}`;
    }
    case 'finding': {
      const { severity, message, rule } = row.finding.finding;
      const where = placeInNotebook(row.finding.finding, trans);
      return `${levelName(severity, trans)}: ${visible(message)}, ${where}, ${visible(rule)}`;
    }
    case 'place':
      return `${placeInNotebook(row.place, trans)}: ${visible(row.place.message)}`;
    case 'more':
      return moreText(row.hidden, trans);
  }
}
