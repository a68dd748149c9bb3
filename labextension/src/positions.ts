/** The wire counts lines and code points from 1, the browser UTF-16 units from 0: here they meet, and nowhere else. */
import type { Position, Range } from './protocol';

/** A span of UTF-16 units; its end is excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The places of a text, in both ways of counting. Lines end with LF, CRLF or CR. */
export class TextPositions {
  constructor(private readonly _text: string) {
    this._starts = [0];
    for (const end of _text.matchAll(/\r\n?|\n/g)) {
      this._starts.push(end.index + end[0].length);
      this._ends.push(end.index);
    }
    this._ends.push(_text.length);
  }

  /** The UTF-16 offset of a position; one past a line's or the text's end is taken as that end. */
  offset({ line, column }: Position): number {
    const index = Math.max(line, 1) - 1;
    if (index >= this._starts.length) {
      return this._text.length;
    }
    const end = this._ends[index];
    let offset = this._starts[index];
    for (let left = column - 1; left > 0 && offset < end; left--) {
      offset += unitsAt(this._text, offset);
    }
    return offset;
  }

  /** The UTF-16 span of a range; never one that ends before it begins. */
  span({ start, end }: Range): Span {
    const from = this.offset(start);
    return { from, to: Math.max(from, this.offset(end)) };
  }

  /** The position of a UTF-16 offset: the way back. */
  position(offset: number): Position {
    let low = 0;
    let high = this._starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this._starts[middle] <= offset) {
        low = middle;
      } else {
        high = middle;
      }
    }
    let column = 1;
    const end = Math.min(offset, this._ends[low]);
    for (let at = this._starts[low]; at < end; column++) {
      at += unitsAt(this._text, at);
    }
    return { line: low + 1, column };
  }

  private readonly _starts: number[];
  private readonly _ends: number[] = [];
}

/** How many UTF-16 units the code point at an offset takes; a lone surrogate takes one. */
function unitsAt(text: string, offset: number): number {
  return (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
}

/** A text as an editor holds it: its lines end with LF. Positions in lines and columns stay the same. */
export function withLineFeeds(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}
