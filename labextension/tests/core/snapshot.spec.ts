import { YNotebook } from '@jupyter/ydoc';
import type { YCodeCell } from '@jupyter/ydoc';
import { describe, expect, it } from 'vitest';
import { NotebookChanges } from '../../src/snapshot';
import { notebookOf } from './fakes';

const ALL = { everything: true, outputs: true };
const DELTA = { everything: false, outputs: true };

describe('NotebookChanges', () => {
  it('takes everything first, then only what has changed', () => {
    const notebook = notebookOf('a', 'b', 'c');
    const changes = new NotebookChanges(notebook);
    expect(Object.keys(changes.take(DELTA).changed)).toEqual(['c0', 'c1', 'c2']);
    expect(changes.take(DELTA)).toMatchObject({ changed: {}, order: ['c0', 'c1', 'c2'], metadata: null });
    notebook.cells[1].setSource('B');
    const { changed, cells } = changes.take(DELTA);
    expect(changed).toEqual({ c1: { cell_type: 'code', source: 'B', metadata: {}, outputs: [] } });
    expect([...cells.values()].map(cell => cell.source)).toEqual(['a', 'B', 'c']);
    expect(Object.keys(changes.take(ALL).changed)).toHaveLength(3);
  });

  it('sees cells that come, go, move and come back by an undo', () => {
    const notebook = notebookOf('a', 'b', 'c');
    const changes = new NotebookChanges(notebook);
    changes.take(DELTA);
    notebook.moveCell(0, 2);
    expect(changes.take(DELTA).order).toEqual(['c1', 'c2', 'c0']);
    notebook.undoManager.stopCapturing();
    notebook.deleteCell(0);
    expect(changes.take(DELTA)).toMatchObject({ order: ['c2', 'c0'], changed: {} });
    notebook.undo();
    expect(changes.take(DELTA).order).toContain('c1');
    notebook.cells.find(cell => cell.getId() === 'c1')!.setSource('again');
    expect(Object.keys(changes.take(DELTA).changed)).toEqual(['c1']);
  });

  it('is never mistaken about what the server has, whatever is done', () => {
    const notebook = notebookOf('a', 'b');
    const changes = new NotebookChanges(notebook);
    const server = new Map<string, unknown>();
    const steps = [
      () => notebook.insertCell(1, { cell_type: 'markdown', id: 'm', source: '# x', metadata: {} }),
      () => notebook.cells[0].updateSource(0, 0, '😀'),
      () => notebook.moveCell(0, 1),
      () =>
        (notebook.cells.find(cell => cell.cell_type === 'code') as YCodeCell).setOutputs([
          { output_type: 'stream', name: 'stdout', text: 'hi' }
        ]),
      () => notebook.cells[0].setMetadata('tags', ['x']),
      () => notebook.deleteCell(1),
      () => notebook.undo(),
      () => notebook.undo()
    ];
    for (const step of [() => undefined, ...steps]) {
      step();
      const { order, changed } = changes.take(DELTA);
      const before = new Map(server);
      server.clear();
      order.forEach(key => server.set(key, changed[key] ?? before.get(key)));
      const full = new NotebookChanges(notebook);
      expect(Object.fromEntries(server)).toEqual(Object.fromEntries(full.take(ALL).cells));
      full.dispose();
    }
  });

  it('gives cells whose ids repeat keys of their own', () => {
    const notebook = new YNotebook({ disableDocumentWideUndoRedo: true });
    const cell = (source: string) => ({ cell_type: 'code', id: 'same', source });
    notebook.insertCells(0, [cell('a'), cell('b'), { cell_type: 'code', id: 'x'.repeat(300), source: 'c' }]);
    const changes = new NotebookChanges(notebook);
    expect(changes.take(DELTA).order).toEqual(['same', '#1', '#2']);
    notebook.deleteCell(0);
    const { changed } = changes.take(DELTA);
    expect(changed.same).toMatchObject({ source: 'b' });
  });

  it('leaves outputs out where nobody wants them, and keeps attachments', () => {
    const notebook = notebookOf('a');
    (notebook.cells[0] as YCodeCell).setOutputs([{ output_type: 'stream', name: 'stdout', text: 'hi' }]);
    const attachments = { 'a.txt': { 'text/plain': 'hi' } };
    notebook.insertCell(1, { cell_type: 'raw', id: 'r', source: 'raw', metadata: {}, attachments });
    const { changed } = new NotebookChanges(notebook).take({ everything: true, outputs: false });
    expect(changed.c0.outputs).toEqual([]);
    expect(changed.r).toEqual({ cell_type: 'raw', source: 'raw', metadata: {}, attachments });
  });

  it('says whether outputs alone have changed, and nothing of a running cell', () => {
    const notebook = notebookOf('a');
    const changes = new NotebookChanges(notebook);
    const said: string[] = [];
    changes.changed.connect((_, change) => said.push(change));
    const cell = notebook.cells[0] as YCodeCell;
    cell.execution_count = 3;
    expect(said).toEqual([]);
    cell.setOutputs([{ output_type: 'stream', name: 'stdout', text: 'hi' }]);
    cell.setSource('b');
    notebook.setMetadata('x', 1);
    notebook.deleteCell(0);
    expect(said).toEqual(['outputs', 'content', 'content', 'content']);
    changes.dispose();
    notebook.setMetadata('x', 2);
    expect(said).toHaveLength(4);
  });
});
