import type { YCodeCell } from '@jupyter/ydoc';
import { describe, expect, it, vi } from 'vitest';
import { applyEdits, findCell, isPossible } from '../../src/edits';
import type { WireEdit } from '../../src/edits';
import type { CellModel } from '../../src/protocol';
import { chance, notebookOf, replace, spot, wireCell } from './fakes';

const stream = (text: string, name: 'stdout' | 'stderr' = 'stdout') => ({
  output_type: 'stream' as const,
  name,
  text
});

function setUp(...sources: string[]) {
  const notebook = notebookOf(...sources);
  const known = new Map<string, CellModel>();
  const scan = () => {
    notebook.cells.forEach(cell =>
      known.set(cell.getId(), {
        cell_type: 'code',
        source: cell.getSource(),
        outputs: (cell as YCodeCell).getOutputs()
      })
    );
  };
  scan();
  const apply = (...edits: WireEdit[]) => applyEdits(notebook, edits, id => known.get(id));
  const texts = () => notebook.cells.map(cell => cell.getSource());
  return { notebook, apply, texts, scan };
}

describe('applyEdits', () => {
  it('replaces several spans of a cell as if at once, in one step of that cell', () => {
    const { notebook, apply, texts } = setUp('a😀 = load(x)\nload(y)', 'other');
    notebook.cells[0].updateSource(0, 0, '# \n');
    notebook.cells[0].updateSource(0, 3, '');
    expect(apply(replace(0, spot(2, 1, 5), 'read'), replace(0, spot(1, 6, 10), 'read'))).toBe(true);
    expect(texts()).toEqual(['a😀 = read(x)\nread(y)', 'other']);
    notebook.cells[0].undo();
    expect(texts()).toEqual(['a😀 = load(x)\nload(y)', 'other']);
    notebook.cells[0].redo();
    expect(texts()[0]).toBe('a😀 = read(x)\nread(y)');
  });

  it('agrees with splicing a string, in any text', () => {
    const random = chance(7);
    for (let round = 0; round < 200; round++) {
      const text = Array.from({ length: 12 }, () => ['a', '😀', 'é'][random(3)]).join('');
      const cuts = [random(12), random(12), random(12), random(12)].sort((a, b) => a - b);
      const points = Array.from(text);
      const { apply, texts } = setUp(text);
      const isDone = apply(
        replace(0, spot(1, cuts[0] + 1, cuts[1] + 1), 'X'),
        replace(0, spot(1, cuts[2] + 1, cuts[3] + 1), 'YY')
      );
      expect(isDone).toBe(true);
      const wanted = [
        ...points.slice(0, cuts[0]),
        'X',
        ...points.slice(cuts[1], cuts[2]),
        'YY',
        ...points.slice(cuts[3])
      ].join('');
      expect(texts()[0]).toBe(wanted);
    }
  });

  it('puts an insertion before what is replaced at the same place', () => {
    const { apply, texts } = setUp("'secret'");
    expect(apply(replace(0, spot(1, 1, 1), 'import os\n'), replace(0, spot(1, 1, 9), 'x'))).toBe(true);
    expect(texts()).toEqual(['import os\nx']);
  });

  it('changes several cells in one step of the notebook', () => {
    const { notebook, apply, texts } = setUp('a', 'b');
    expect(apply(replace(0, spot(1, 1, 2), 'A'), replace(1, spot(1, 1, 2), 'B'))).toBe(true);
    expect(texts()).toEqual(['A', 'B']);
    notebook.undo();
    expect(texts()).toEqual(['a', 'b']);
  });

  it('changes nothing at all where one edit no longer fits', () => {
    const { notebook, apply, texts } = setUp('a', 'b');
    notebook.cells[1].setSource('b2');
    expect(apply(replace(0, spot(1, 1, 2), 'A'), replace(1, spot(1, 1, 2), 'B'))).toBe(false);
    expect(texts()).toEqual(['a', 'b2']);
    expect(apply(replace(0, spot(1, 1, 2), 'A'), replace(0, spot(1, 1, 2), 'B'))).toBe(false);
    expect(apply({ ...replace(0, spot(1, 1, 2), 'A'), cell: { ...wireCell(0), id: 'gone', index: 9 } })).toBe(
      false
    );
    expect(apply({ ...replace(0, spot(1, 1, 2), 'A'), part: '/metadata/x' })).toBe(false);
    expect(texts()).toEqual(['a', 'b2']);
  });

  it('takes an output away and gives it back, in order', () => {
    const { notebook, apply, scan } = setUp('a');
    const cell = notebook.cells[0] as YCodeCell;
    cell.setOutputs([stream('one'), stream('two'), stream('three', 'stderr')]);
    scan();
    const texts = () => cell.getOutputs().map(output => output.text);
    expect(apply({ kind: 'clear-output', cell: wireCell(0), part: '/outputs/1' })).toBe(true);
    expect(texts()).toEqual(['one', 'three']);
    cell.undo();
    expect(texts()).toEqual(['one', 'two', 'three']);
    cell.redo();
    expect(texts()).toEqual(['one', 'three']);
  });

  it('leaves outputs that the page shows as it keeps them: streams that meet are one', () => {
    const { notebook, apply, scan } = setUp('print()');
    const cell = notebook.cells[0] as YCodeCell;
    const result = { output_type: 'display_data' as const, data: {}, metadata: {} };
    cell.setOutputs([stream('a'), result, stream('b'), stream('c', 'stderr')]);
    scan();
    expect(apply({ kind: 'clear-output', cell: wireCell(0), part: '/outputs/1' })).toBe(true);
    expect(cell.getOutputs()).toEqual([stream('ab'), stream('c', 'stderr')]);
    cell.undo();
    expect(cell.getOutputs().length).toBe(4);
  });

  it('changes text and outputs of several cells in one step', () => {
    const { notebook, apply, scan, texts } = setUp('a', 'b');
    const outputs = notebook.cells[1] as YCodeCell;
    outputs.setOutputs([stream('one'), stream('two')]);
    scan();
    notebook.undoManager.clear();
    const clear = { kind: 'clear-output' as const, cell: wireCell(1), part: '/outputs/0' };
    expect(apply(replace(0, spot(1, 1, 2), 'A'), clear)).toBe(true);
    expect([...texts(), outputs.getOutputs().length]).toEqual(['A', 'b', 1]);
    notebook.undo();
    expect([...texts(), ...outputs.getOutputs().map(each => each.text)]).toEqual(['a', 'b', 'one', 'two']);
  });

  it('clears no output that is another one by now', () => {
    const { notebook, apply, scan } = setUp('a');
    const cell = notebook.cells[0] as YCodeCell;
    cell.setOutputs([stream('one')]);
    scan();
    cell.setOutputs([stream('new')]);
    expect(apply({ kind: 'clear-output', cell: wireCell(0), part: '/outputs/0' })).toBe(false);
    expect(apply({ kind: 'clear-output', cell: wireCell(0), part: '/metadata' })).toBe(false);
    expect(cell.getOutputs()).toHaveLength(1);
  });

  it('adds a tag once, beside those that are there, also where the text has changed', () => {
    const { notebook, apply } = setUp('a');
    notebook.cells[0].setMetadata('tags', ['mine']);
    notebook.cells[0].setSource('b');
    const edit = { kind: 'add-tag' as const, cell: wireCell(0), tag: 'theirs' };
    expect(apply(edit)).toBe(true);
    expect(apply(edit)).toBe(true);
    expect(notebook.cells[0].getMetadata('tags')).toEqual(['mine', 'theirs']);
  });

  it('tells other listeners of one change, not of many', () => {
    const { notebook, apply } = setUp('a b');
    const listener = vi.fn();
    notebook.cells[0].changed.connect(listener);
    apply(replace(0, spot(1, 1, 2), 'A'), replace(0, spot(1, 3, 4), 'B'));
    expect(listener).toHaveBeenCalledOnce();
  });
});

describe('findCell', () => {
  it('goes by id, and by place where ids repeat', () => {
    const notebook = notebookOf('a', 'b');
    expect(findCell(notebook, { ...wireCell(1), index: 0 })?.getSource()).toBe('b');
    expect(findCell(notebook, { ...wireCell(0), index: 7 })?.getSource()).toBe('a');
    expect(findCell(notebook, { ...wireCell(0), id: 'gone' })).toBeUndefined();
  });
});

describe('isPossible', () => {
  it('is false for what no cell editor reaches', () => {
    expect(isPossible(replace(0, spot(1, 1, 2), ''))).toBe(true);
    expect(isPossible({ ...replace(0, spot(1, 1, 2), ''), cell: null })).toBe(false);
    expect(isPossible({ ...replace(0, spot(1, 1, 2), ''), part: '/outputs/0/text' })).toBe(false);
    expect(isPossible({ kind: 'clear-output', cell: wireCell(0), part: '/outputs/0' })).toBe(true);
  });
});
