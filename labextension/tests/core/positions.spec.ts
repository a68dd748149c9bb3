import { describe, expect, it } from 'vitest';
import { TextPositions, withLineFeeds } from '../../src/positions';
import { chance } from './fakes';

const PIECES = [
  'a',
  'é',
  '漢',
  '😀',
  '👩‍💻',
  '\t',
  ' ',
  '\n',
  '\r\n',
  '\r',
  '\u2028',
  '\ud800',
  '\udc00',
  'x = 1'
];

function textFrom(random: (below: number) => number): string {
  return Array.from({ length: random(30) }, () => PIECES[random(PIECES.length)]).join('');
}

/** The same by another way: lines are split, characters counted with the language's own iterator. */
function naive(text: string, line: number, column: number): number {
  const lines = text.split(/(?<=\r\n|\n|\r(?!\n))/);
  if (line > lines.length) {
    return text.length;
  }
  const before = lines.slice(0, line - 1).join('').length;
  const characters = Array.from(lines[line - 1].replace(/[\r\n]+$/, ''));
  return before + characters.slice(0, column - 1).join('').length;
}

describe('code points and UTF-16', () => {
  it('agrees with counting characters one by one, in any text', () => {
    const random = chance(1);
    for (let round = 0; round < 2000; round++) {
      const text = textFrom(random);
      const positions = new TextPositions(text);
      const [line, column] = [1 + random(8), 1 + random(12)];
      // A text that ends with a line end has an empty last line, which splitting does not give.
      if (line <= text.split(/\r\n?|\n/).length) {
        const isLast = /[\r\n]$/.test(text) && line === text.split(/\r\n?|\n/).length;
        expect(positions.offset({ line, column })).toBe(isLast ? text.length : naive(text, line, column));
      } else {
        expect(positions.offset({ line, column })).toBe(text.length);
      }
    }
  });

  it('finds the way back from every offset that is a place', () => {
    const random = chance(2);
    for (let round = 0; round < 2000; round++) {
      const text = textFrom(random);
      const positions = new TextPositions(text);
      const offset = positions.offset({ line: 1 + random(8), column: 1 + random(12) });
      expect(positions.offset(positions.position(offset))).toBe(offset);
    }
  });

  it('never cuts a pair of surrogates, and never ends before it begins', () => {
    const random = chance(3);
    for (let round = 0; round < 2000; round++) {
      const text = textFrom(random);
      const at = () => ({ line: random(9), column: random(13) });
      const { from, to } = new TextPositions(text).span({ start: at(), end: at() });
      expect(from).toBeLessThanOrEqual(to);
      for (const offset of [from, to]) {
        const pair = text.slice(offset - 1, offset + 1);
        expect(/^[\ud800-\udbff][\udc00-\udfff]$/.test(pair)).toBe(false);
      }
    }
  });

  it('marks what stands behind emoji exactly', () => {
    const text = "a = '😀😀'; pickle.load(f)";
    const { from, to } = new TextPositions(text).span({
      start: { line: 1, column: 11 },
      end: { line: 1, column: 22 }
    });
    expect(text.slice(from, to)).toBe('pickle.load');
  });

  it('keeps lines and columns where line ends become line feeds', () => {
    const text = 'a\r\nb😀c\rd';
    const [plain, shown] = [text, withLineFeeds(text)].map(each => new TextPositions(each));
    const range = { start: { line: 2, column: 2 }, end: { line: 2, column: 4 } };
    expect(text.slice(plain.span(range).from, plain.span(range).to)).toBe('😀c');
    expect(withLineFeeds(text).slice(shown.span(range).from, shown.span(range).to)).toBe('😀c');
  });
});
