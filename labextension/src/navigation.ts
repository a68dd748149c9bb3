/** From finding to finding through a notebook, as the cursor stands. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { byPlace } from './panel/places';
import { TextPositions, withLineFeeds } from './positions';
import type { Cell as WireCell } from './protocol';
import type { INotebookFindings, Place } from './tokens';

/** All places of a notebook's findings in reading order, each once. */
export function placesOf(findings: INotebookFindings): Place[] {
  const places = findings.findings
    .flatMap(({ finding }): Place[] => [finding, ...finding.related])
    .filter(place => place.cell !== null)
    .sort(byPlace);
  return places.filter((place, at) => at === 0 || byPlace(place, places[at - 1]) !== 0);
}

/**
 * The place after (or before) another one, from the end again to the start; undefined where there is none.
 * `from` need not be one of the places.
 */
export function neighbour(places: readonly Place[], from: Place, step: 1 | -1): Place | undefined {
  if (step === 1) {
    return places.find(place => byPlace(place, from) > 0) ?? places.at(0);
  }
  return [...places].reverse().find(place => byPlace(place, from) < 0) ?? places.at(-1);
}

/** Where the user is: `last` if it was gone to and the cursor has not moved since, else the cursor's place. */
export function standpoint(panel: NotebookPanel, last: Place | undefined): Place {
  const { activeCell, activeCellIndex } = panel.content;
  const isOnLast = last?.cell && indexOf(panel, last.cell) === activeCellIndex;
  const offset = activeCell?.editor ? startOfSelection(panel) : 0;
  const source = withLineFeeds(activeCell?.model.sharedModel.getSource() ?? '');
  const positions = new TextPositions(source);
  if (isOnLast && (last.part !== '/source' || positions.offset(last.range.start) === offset)) {
    return last;
  }
  const start = positions.position(offset);
  const cell = {
    index: activeCellIndex,
    number: activeCellIndex + 1,
    id: activeCell?.model.id ?? null,
    type: 'code' as const
  };
  // One column before, so that what begins at the cursor is still ahead.
  const before = { line: start.line, column: start.column - 1 };
  return { cell, part: '/source', range: { start: before, end: before } };
}

/** Where the cell stands now: its number may have changed since it was scanned. */
export function indexOf(panel: NotebookPanel, { id, index }: WireCell): number {
  const { widgets } = panel.content;
  return index < widgets.length && widgets[index].model.id === id
    ? index
    : widgets.findIndex(widget => widget.model.id === id);
}

function startOfSelection(panel: NotebookPanel): number {
  const editor = panel.content.activeCell?.editor;
  const { start } = editor?.getSelection() ?? {};
  return editor && start ? editor.getOffsetAt(start) : 0;
}
