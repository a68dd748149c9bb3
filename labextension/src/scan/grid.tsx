/** The table of a folder's findings: a grid with one tab stop, of which only the rows in view are drawn. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import { LevelMark } from '../panel/level-mark';
import { levelName } from '../panel/levels';
import { placeInCell, placeInNotebook } from '../panel/places';
import { Message, visible } from '../panel/text';
import type { Finding } from '../protocol';
import type { ScanModel } from './model';
import { type Column, COLUMNS, type Spot, walk } from './table';

/** The height of a row in pixels, as scan.css has it. */
export const ROW_HEIGHT = 28;
/** Rows drawn above and below those in view, so that scrolling finds them there. */
const MARGIN = 12;

export interface GridProps {
  readonly model: ScanModel;
  readonly open: (finding: Finding) => Promise<void>;
  readonly trans: TranslationBundle;
}

export function FindingsGrid({ model, open, trans }: GridProps): React.JSX.Element {
  const { shown } = model;
  const grid = React.useRef<HTMLDivElement>(null);
  const view = useView(grid);
  const [wanted, setWanted] = React.useState<Spot>({ row: 0, column: 0 });
  const [busy, setBusy] = React.useState<Finding | null>(null);
  const spot = { ...wanted, row: Math.min(wanted.row, shown.length - 1) };
  const focusWanted = React.useRef(false);
  React.useLayoutEffect(() => {
    if (focusWanted.current) {
      focusWanted.current = false;
      focusSpot(grid.current, spot);
    }
  });
  const go = (finding: Finding) => {
    setBusy(finding);
    void open(finding).finally(() => {
      setBusy(null);
    });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const page = Math.max(1, Math.floor(view.height / ROW_HEIGHT) - 1);
    const target = walk(event, spot, shown.length, page);
    const finding = spot.row >= 0 ? shown.at(spot.row) : undefined;
    if (target) {
      focusWanted.current = true;
      setWanted(target);
    } else if (finding && (event.key === 'Enter' || event.key === ' ')) {
      go(finding);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onClick = (event: React.MouseEvent) => {
    const at = spotOf(event.target as Element);
    const finding = at && at.row >= 0 ? shown.at(at.row) : undefined;
    if (at && finding) {
      setWanted(at);
      go(finding);
    }
  };
  return (
    <div
      ref={grid}
      role="grid"
      className="jp-mlsecops-grid"
      aria-label={trans.__('Security findings')}
      aria-rowcount={shown.length + 1}
      aria-colcount={COLUMNS.length}
      onKeyDown={onKeyDown}
      onClick={onClick}
    >
      <GridHeader model={model} spot={spot} setSpot={setWanted} trans={trans} />
      <div
        role="rowgroup"
        className="jp-mlsecops-gridBody"
        style={{ height: `${shown.length * ROW_HEIGHT}px` }}
      >
        {drawn(view, shown.length, spot.row).map(row => (
          <GridRow
            key={row}
            finding={shown[row]}
            folder={model.path}
            row={row}
            activeColumn={row === spot.row ? spot.column : null}
            isBusy={shown[row] === busy}
            trans={trans}
          />
        ))}
      </div>
    </div>
  );
}

interface View {
  readonly top: number;
  readonly height: number;
}

/** What of the grid is in view; follows scrolling and resizing. */
function useView(grid: React.RefObject<HTMLDivElement>): View {
  const [view, setView] = React.useState<View>({ top: 0, height: 600 });
  React.useEffect(() => {
    const node = grid.current;
    if (!node) {
      return undefined;
    }
    const look = () => {
      setView({ top: node.scrollTop, height: node.clientHeight });
    };
    look();
    node.addEventListener('scroll', look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(node);
    return () => {
      node.removeEventListener('scroll', look);
      observer.disconnect();
    };
  }, [grid]);
  return view;
}

/** The rows to draw: those in view, and the active one, which must not lose the focus by being scrolled away. */
function drawn({ top, height }: View, rows: number, active: number): number[] {
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - MARGIN);
  const last = Math.min(rows, Math.ceil((top + height) / ROW_HEIGHT) + MARGIN);
  const inView = Array.from({ length: Math.max(0, last - first) }, (_, index) => first + index);
  return active < 0 || inView.includes(active) ? inView : [...inView, active];
}

function focusSpot(grid: HTMLElement | null, { row, column }: Spot): void {
  const node = grid?.querySelector<HTMLElement>(`[data-row="${row}"][data-column="${column}"]`);
  node?.focus({ preventScroll: true });
  node?.scrollIntoView({ block: 'nearest' });
}

function spotOf(target: Element): Spot | null {
  const data = target.closest<HTMLElement>('[data-row]')?.dataset;
  return data ? { row: Number(data.row), column: Number(data.column) } : null;
}

function GridHeader(props: {
  model: ScanModel;
  spot: Spot;
  setSpot: (spot: Spot) => void;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { model, spot, setSpot, trans } = props;
  const { column: sortedBy, isDescending } = model.sorting;
  const names: Record<Column, string> = {
    severity: trans.__('Severity'),
    rule: trans.__('Rule'),
    file: trans.__('File'),
    cell: trans.__('Place'),
    message: trans.__('Message')
  };
  return (
    <div role="rowgroup" className="jp-mlsecops-gridHeader">
      <div role="row" className="jp-mlsecops-gridRow" aria-rowindex={1}>
        {COLUMNS.map((column, index) => {
          const isSorted = column === sortedBy;
          return (
            <div
              key={column}
              role="columnheader"
              aria-colindex={index + 1}
              aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}
            >
              <button
                type="button"
                data-row={-1}
                data-column={index}
                tabIndex={spot.row === -1 && spot.column === index ? 0 : -1}
                onClick={() => {
                  setSpot({ row: -1, column: index });
                  model.sortBy(column);
                }}
              >
                {names[column]}
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface GridRowProps {
  readonly finding: Finding;
  readonly folder: string;
  readonly row: number;
  readonly activeColumn: number | null;
  readonly isBusy: boolean;
  readonly trans: TranslationBundle;
}

const GridRow = React.memo(function GridRow(props: GridRowProps): React.JSX.Element {
  const { finding, folder, row, activeColumn, isBusy, trans } = props;
  const content: Record<Column, React.ReactNode> = {
    severity: (
      <>
        <LevelMark level={finding.severity} />
        {levelName(finding.severity, trans)}
      </>
    ),
    rule: visible(finding.rule),
    file: <bdi title={visible(finding.path)}>{visible(below(folder, finding.path))}</bdi>,
    cell: finding.cell ? placeInNotebook(finding, trans) : placeInCell(finding, trans),
    message: (
      <span title={visible(finding.message)}>
        <Message text={finding.message} />
      </span>
    )
  };
  return (
    <div
      role="row"
      className="jp-mlsecops-gridRow"
      aria-rowindex={row + 2}
      aria-busy={isBusy || undefined}
      style={{ top: `${row * ROW_HEIGHT}px` }}
    >
      {COLUMNS.map((column, index) => (
        <div
          key={column}
          role="gridcell"
          className={`jp-mod-${column}`}
          aria-colindex={index + 1}
          data-row={row}
          data-column={index}
          tabIndex={index === activeColumn ? 0 : -1}
        >
          {content[column]}
        </div>
      ))}
    </div>
  );
});

/** A path as seen from the scanned folder. */
function below(folder: string, path: string): string {
  return folder && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path;
}
