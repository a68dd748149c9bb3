/** The list of findings: a tree with one tab stop, whose keys keyboard.ts explains. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Place } from '../tokens';
import { intentOf } from './keyboard';
import { entriesFor, type FindingActions, openMenu } from './menu';
import type { PanelModel } from './model';
import { isBranch, type Row } from './rows';
import { RowView } from './row';

export interface TreeProps {
  readonly model: PanelModel;
  readonly actions: FindingActions;
  /** Put the focus where the text of the filter is written. */
  readonly toFilter: () => void;
  /** Put the focus back into the notebook. */
  readonly leave: () => void;
  /** The id of the element that explains the keys. */
  readonly helpId: string;
  readonly trans: TranslationBundle;
}

export function FindingsTree(props: TreeProps): React.JSX.Element {
  const { model, helpId, trans } = props;
  const tree = React.useRef<HTMLDivElement>(null);
  useFocusOnActiveRow(tree, model);
  const events = useTreeEvents(tree, props);
  return (
    <div
      ref={tree}
      role="tree"
      className="jp-mlsecops-tree"
      aria-label={trans.__('Security findings')}
      aria-describedby={helpId}
      aria-keyshortcuts="Shift+F10 Alt+Enter /"
      {...events}
    >
      {model.rows.map((row, index) => (
        <RowView
          key={row.key}
          row={row}
          index={index}
          active={index === model.activeIndex}
          busy={row.key === model.busy}
          trans={trans}
        />
      ))}
    </div>
  );
}

/** Moves the focus to the active row where that is asked for. */
function useFocusOnActiveRow(tree: React.RefObject<HTMLDivElement>, model: PanelModel): void {
  React.useLayoutEffect(() => {
    if (model.takeFocusRequest()) {
      focusRow(tree.current, model.activeIndex);
    }
  });
}

function rowAt(tree: HTMLElement | null, index: number): HTMLElement | null {
  return tree?.querySelector<HTMLElement>(`[data-index="${index}"]`) ?? null;
}

function focusRow(tree: HTMLElement | null, index: number): void {
  const row = rowAt(tree, index);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: 'nearest' });
}

/** How near to the end of what is drawn more of it is drawn, in pixels. */
const NEAR_END = 400;

type TreeEvents = Pick<
  React.DOMAttributes<HTMLDivElement>,
  'onClick' | 'onContextMenu' | 'onKeyDown' | 'onScroll'
>;

function useTreeEvents(
  tree: React.RefObject<HTMLDivElement>,
  { model, actions, toFilter, leave, trans }: TreeProps
): TreeEvents {
  const go = (row: Row, place: Place, stay: boolean) => {
    void model.whileBusy(row.key, () => actions.go(place, stay));
  };
  const open = (row: Row, stay: boolean) => {
    switch (row.kind) {
      case 'group':
        model.setExpanded(row.key, !row.expanded);
        break;
      case 'finding':
        go(row, row.finding.finding, stay);
        break;
      case 'place':
        go(row, row.place, stay);
        break;
      case 'more':
        model.showMore();
        break;
    }
  };
  const openActions = (row: Row, at?: { x: number; y: number }) => {
    if (row.kind !== 'finding' && row.kind !== 'place') {
      return;
    }
    const index = model.rows.indexOf(row);
    const box = rowAt(tree.current, index)?.getBoundingClientRect();
    const place = row.kind === 'place' ? row.place : row.finding.finding;
    const busy: FindingActions = {
      ...actions,
      go: (where, stay) => model.whileBusy(row.key, () => actions.go(where, stay)),
      apply: (finding, fix) => model.whileBusy(row.key, () => actions.apply(finding, fix)),
      ignore: (finding, ignore) => model.whileBusy(row.key, () => actions.ignore(finding, ignore)),
      pin: finding => model.whileBusy(row.key, () => actions.pin(finding))
    };
    const entries = entriesFor(row.finding, place, busy, trans);
    const corner = at ?? { x: box?.right ?? 0, y: box?.top ?? 0 };
    openMenu(entries, corner, trans.__('Fix, ignore and more'), () => {
      focusRow(tree.current, index);
    });
  };
  const rowOf = (target: EventTarget) => {
    const index = (target as Element).closest<HTMLElement>('[data-index]')?.dataset.index;
    return index === undefined ? undefined : model.rows.at(Number(index));
  };
  return {
    onClick: event => {
      const row = rowOf(event.target);
      const target = event.target as Element;
      if (!row) {
        return;
      }
      const menuButton = target.closest('.jp-mlsecops-rowMenu');
      model.activate(row.key, menuButton === null);
      if (menuButton) {
        const { right, bottom } = menuButton.getBoundingClientRect();
        openActions(row, { x: right, y: bottom });
      } else if (row.kind === 'finding' && isBranch(row) && target.closest('.jp-mlsecops-more')) {
        model.setExpanded(row.key, !row.expanded);
      } else {
        open(row, false);
      }
    },
    onContextMenu: event => {
      const row = rowOf(event.target);
      if (row) {
        event.preventDefault();
        event.stopPropagation();
        model.activate(row.key, false);
        // The keyboard's menu key has no point of its own.
        const fromMouse = event.button === 2;
        openActions(row, fromMouse ? { x: event.clientX, y: event.clientY } : undefined);
      }
    },
    onScroll: ({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
      const isNearEnd = scrollTop + clientHeight > scrollHeight - NEAR_END;
      if (isNearEnd && model.rows.at(-1)?.kind === 'more') {
        model.showMore();
      }
    },
    onKeyDown: event => {
      const intent = intentOf(event, model.rows, model.activeIndex);
      const row = model.rows.at(model.activeIndex);
      if (!intent || !row || (event.target as Element).getAttribute('role') !== 'treeitem') {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      switch (intent.kind) {
        case 'focus':
          model.activate(intent.key, true);
          break;
        case 'expand':
          model.setExpanded(intent.key, intent.expanded);
          break;
        case 'expand-all':
          model.expandAll();
          break;
        case 'open':
          open(row, intent.stay);
          break;
        case 'actions':
          openActions(row);
          break;
        case 'filter':
          toFilter();
          break;
        case 'leave':
          leave();
          break;
      }
    }
  };
}
