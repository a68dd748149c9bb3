/** Where findings stand: in words, and in the order of the notebook. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Place } from '../tokens';

const OUTPUT = /^\/outputs\/(\d+)/;

/** Negative where `left` stands first. What belongs to no cell stands before all cells. */
export function byPlace(left: Place, right: Place): number {
  return (
    (left.cell?.index ?? -1) - (right.cell?.index ?? -1) ||
    partOrder(left.part) - partOrder(right.part) ||
    left.range.start.line - right.range.start.line ||
    left.range.start.column - right.range.start.column
  );
}

/** A cell's source is read first, then its outputs as they come, then the rest. */
function partOrder(part: string): number {
  const output = OUTPUT.exec(part);
  return output ? 1 + Number(output[1]) : part === '/source' ? 0 : Number.MAX_SAFE_INTEGER;
}

/** The place within its cell: “line 3”, “output 1, line 2”, “metadata”. */
export function placeInCell({ part, range }: Place, trans: TranslationBundle): string {
  const output = OUTPUT.exec(part);
  if (output) {
    return trans.__('output %1', Number(output[1]) + 1);
  }
  if (part.startsWith('/attachments')) {
    return trans.__('attachment');
  }
  if (part.startsWith('/metadata')) {
    return trans.__('metadata');
  }
  return trans.__('line %1', range.start.line);
}

/** The place within its notebook: “cell 4, line 3”. */
export function placeInNotebook(place: Place, trans: TranslationBundle): string {
  const inCell = placeInCell(place, trans);
  return place.cell ? trans.__('cell %1, %2', place.cell.number, inCell) : inCell;
}
