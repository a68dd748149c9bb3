/** Underlines text in rendered pages through the Custom Highlight API: no node of the page is touched. */
import type { Level } from './protocol';
import { LEVELS } from './tokens';

/** How many places of one text are marked, and how many pieces of text are looked through for it. */
const MAX_RANGES = 200;
const MAX_NODES = 20_000;

export type LevelRanges = Partial<Record<Level, Range[]>>;

/** Every place of a text below a node, also where it runs across elements. */
export function rangesOf(root: Node, wanted: string): Range[] {
  const nodes = textNodes(root);
  const text = nodes.map(node => node.data).join('');
  const ranges: Range[] = [];
  if (!wanted.trim()) {
    return ranges;
  }
  const boundary = boundaries(nodes);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
    if (ranges.length === MAX_RANGES) {
      break;
    }
    const range = document.createRange();
    range.setStart(...boundary(at, false));
    range.setEnd(...boundary(at + wanted.length, true));
    ranges.push(range);
  }
  return ranges;
}

function textNodes(root: Node): Text[] {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = [];
  while (nodes.length < MAX_NODES && walker.nextNode()) {
    nodes.push(walker.currentNode as Text);
  }
  return nodes;
}

/** Looks up the node of an offset in the joined text; asked from left to right. */
function boundaries(nodes: readonly Text[]): (offset: number, isEnd: boolean) => [Text, number] {
  let index = 0;
  let start = 0;
  return (offset, isEnd) => {
    const isPast = (end: number): boolean => (isEnd ? end < offset : end <= offset);
    while (index < nodes.length - 1 && isPast(start + nodes[index].data.length)) {
      start += nodes[index].data.length;
      index++;
    }
    return [nodes[index], offset - start];
  };
}

/** The page's highlights, put together from those of every open notebook. */
export class Highlighter {
  /** Replace what one owner has underlined. Does nothing where the browser cannot. */
  set(owner: object, ranges: LevelRanges): void {
    this._byOwner.set(owner, ranges);
    this._paint();
  }

  delete(owner: object): void {
    if (this._byOwner.delete(owner)) {
      this._paint();
    }
  }

  private _paint(): void {
    if (typeof Highlight === 'undefined') {
      return;
    }
    for (const level of LEVELS) {
      const ranges = [...this._byOwner.values()].flatMap(each => each[level] ?? []);
      const name = `mlsecops-${level}`;
      if (ranges.length > 0) {
        CSS.highlights.set(name, new Highlight(...ranges));
      } else {
        CSS.highlights.delete(name);
      }
    }
  }

  private readonly _byOwner = new Map<object, LevelRanges>();
}
