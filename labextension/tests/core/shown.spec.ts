/** What is shown outside of editors: ranges in the page, the text of outputs, badges, the way from finding to finding. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BADGED, setBadge } from '../../src/badges';
import { marksFor } from '../../src/findings';
import { Highlighter, rangesOf } from '../../src/highlights';
import { neighbour, placesOf } from '../../src/navigation';
import { textOf } from '../../src/outputs';
import type { CellModel, EditorFinding } from '../../src/protocol';
import { findingAt, spot, trans } from './fakes';

afterEach(() => {
  vi.unstubAllGlobals();
});

function page(...pieces: string[]): HTMLElement {
  const root = document.createElement('div');
  for (const piece of pieces) {
    const span = document.createElement('span');
    span.textContent = piece;
    root.append(span);
  }
  return root;
}

const found = (root: HTMLElement, text: string) => rangesOf(root, text).map(String);

describe('rangesOf', () => {
  it('finds text within and across elements, every time', () => {
    expect(found(page('a secret, a secret'), 'secret')).toEqual(['secret', 'secret']);
    expect(found(page('a sec', 'r', 'et b', ' secret'), 'secret')).toEqual(['secret', 'secret']);
    const [range] = rangesOf(page('x', 'abc', 'y'), 'abc');
    expect([range.startContainer, range.endContainer].map(node => node.textContent)).toEqual(['abc', 'abc']);
  });

  it('finds nothing in nothing, and no blanks', () => {
    expect(found(page(), 'x')).toEqual([]);
    expect(found(page('a b'), ' ')).toEqual([]);
    expect(found(page('a b'), '')).toEqual([]);
  });

  it('stops somewhere', () => {
    expect(found(page('x'.repeat(10_000)), 'x')).toHaveLength(200);
  });
});

describe('Highlighter', () => {
  it('joins what all notebooks have underlined, and does nothing where the browser cannot', () => {
    const root = page('one two');
    const highlighter = new Highlighter();
    highlighter.set({}, { high: rangesOf(root, 'one') });
    const highlights = new Map<string, { ranges: Range[] }>();
    vi.stubGlobal('CSS', { highlights });
    vi.stubGlobal(
      'Highlight',
      class {
        ranges: Range[];
        constructor(...ranges: Range[]) {
          this.ranges = ranges;
        }
      }
    );
    const owner = {};
    highlighter.set(owner, { high: rangesOf(root, 'two'), low: [] });
    expect(highlights.get('mlsecops-high')?.ranges.map(String)).toEqual(['one', 'two']);
    highlighter.delete(owner);
    expect(highlights.get('mlsecops-high')?.ranges.map(String)).toEqual(['one']);
    expect(highlights.has('mlsecops-low')).toBe(false);
  });
});

describe('textOf', () => {
  const cell: CellModel = {
    cell_type: 'code',
    source: 'a\n😀 source',
    outputs: [
      { output_type: 'stream', text: ['one\n', 'two \u001b[31mred\u001b[0m'] },
      { output_type: 'error', traceback: ['first', 'second'] },
      {
        output_type: 'display_data',
        data: { 'text/html': ['<b>', 'x</b>'], 'application/json': { 'a/b': { '~': 'leaf' } } }
      }
    ]
  };
  const at = (part: string, range = spot(1, 1, 99)) =>
    textOf(marksFor(findingAt(0, range, { part }))[0], cell);

  it('reads parts as the wire numbers them', () => {
    expect(at('/source', spot(2, 3, 9))).toBe('source');
    expect(at('/outputs/0/text', spot(2, 1, 99))).toBe('two red');
    expect(at('/outputs/1/traceback', spot(2, 1, 99))).toBe('second');
    expect(at('/outputs/2/data/text~1html')).toBe('<b>x</b>');
    expect(at('/outputs/2/data/application~1json/a~1b/~0')).toBe('leaf');
  });

  it('is empty for what has no text', () => {
    for (const part of [
      '/outputs/9/text',
      '/outputs/0',
      '/metadata/x',
      '/outputs/2/data',
      '/outputs/0/text/x/y'
    ]) {
      expect(['', 'one']).toContain(at(part));
    }
  });
});

describe('setBadge', () => {
  const actions = () => ({ show: vi.fn(), clear: vi.fn() });
  const marks = (...findings: EditorFinding[]) => findings.flatMap(marksFor);

  it('says what, as text, and offers to clear the output', () => {
    const node = page();
    const done = actions();
    const hostile = findingAt(0, spot(1, 1, 2), { message: '<img src=x>' });
    hostile.title = '<b>title</b>';
    setBadge(node, marks(hostile, findingAt(0, spot(1, 2, 3), { severity: 'critical' })), done, trans);
    expect(node.querySelector('b, img')).toBeNull();
    const badge = node.lastElementChild as HTMLElement;
    expect(badge.dataset.level).toBe('critical');
    const buttons = [...badge.querySelectorAll('button')];
    expect(buttons.map(button => button.textContent)).toEqual([
      '<b>title</b>, and 1 more',
      'Clear this output'
    ]);
    buttons.forEach(button => button.click());
    expect(done.show).toHaveBeenCalledOnce();
    expect(done.clear).toHaveBeenCalledOnce();
  });

  it('stays the same node while the marks are the same, and goes with the last', () => {
    const node = page();
    const one = marks(findingAt(0, spot(1, 1, 2)));
    setBadge(node, one, actions(), trans);
    const badge = node.lastElementChild;
    setBadge(node, one, actions(), trans);
    expect(node.lastElementChild).toBe(badge);
    setBadge(node, [], actions(), trans);
    expect([node.childElementCount, node.classList.contains(BADGED)]).toEqual([0, false]);
  });
});

describe('from finding to finding', () => {
  const findings = [
    findingAt(1, spot(2, 1, 2)),
    findingAt(0, spot(1, 5, 6)),
    findingAt(0, spot(1, 1, 2), { part: '/outputs/0/text' }),
    findingAt(0, spot(1, 5, 9), { key: 'same start' })
  ];
  findings[0].finding.related = [{ ...findingAt(2, spot(1, 1, 2)).finding, fixes: [] }];
  const places = placesOf({ findings } as any);
  const names = places.map(place => `${place.cell!.index}${place.part}`);

  it('goes through all places once, in reading order, outputs after their source', () => {
    expect(names).toEqual(['0/source', '0/outputs/0/text', '1/source', '2/source']);
  });

  it('goes round in both directions, from any place', () => {
    expect(neighbour(places, places[3], 1)).toBe(places[0]);
    expect(neighbour(places, places[0], -1)).toBe(places[3]);
    expect(neighbour(places, findingAt(1, spot(1, 1, 1)).finding, 1)).toBe(places[2]);
    expect(neighbour(places, findingAt(1, spot(1, 1, 1)).finding, -1)).toBe(places[1]);
    expect(neighbour([], places[0], 1)).toBeUndefined();
  });
});
