import type { YCodeCell } from '@jupyter/ydoc';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/api';
import { NotebookScanner } from '../../src/scanner';
import { FakeServer, findingAt, notebookOf, settingsOf, spot, trans } from './fakes';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp(values: Parameters<typeof settingsOf>[0] = {}, ...sources: string[]) {
  const notebook = notebookOf(...(sources.length ? sources : ['a', 'b']));
  const server = new FakeServer();
  const settings = settingsOf(values);
  const where = { path: 'dir/a.ipynb', trusted: true };
  const scanner = new NotebookScanner({
    notebook,
    api: server,
    settings,
    trans,
    path: () => where.path,
    trusted: () => where.trusted
  });
  const type = async (text: string, wait = 250) => {
    notebook.cells[0].setSource(text);
    await vi.advanceTimersByTimeAsync(wait);
  };
  return { notebook, server, settings, where, scanner, findings: scanner.findings, type };
}

const start = () => vi.advanceTimersByTimeAsync(1);
const refuse =
  (status: number, reason = '') =>
  () => {
    throw new ApiError(`no: ${reason}`, status, reason);
  };

describe('NotebookScanner', () => {
  it('sends all of it first, then only what was edited, when the delay has passed', async () => {
    const { server, findings, type } = setUp();
    expect(findings.state.kind).toBe('not-scanned');
    await start();
    expect(findings.state.kind).toBe('ready');
    expect(server.last).toMatchObject({
      path: 'dir/a.ipynb',
      revision: 1,
      base: null,
      order: ['c0', 'c1'],
      trusted: true
    });
    expect(Object.keys(server.last.cells)).toEqual(['c0', 'c1']);
    await type('aa', 150);
    await type('aaa', 150);
    expect(server.requests).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(60);
    expect(server.last).toMatchObject({
      revision: 2,
      base: 1,
      cells: { c0: { source: 'aaa' } },
      metadata: null
    });
    expect(Object.keys(server.last.cells)).toEqual(['c0']);
  });

  it('has one request under way, and sends what changed meanwhile when it is answered', async () => {
    const { server, notebook, findings } = setUp();
    let answer: (() => void) | undefined;
    server.find = () => new Promise(resolve => (answer = () => resolve([])));
    await start();
    notebook.cells[0].setSource('x');
    await vi.advanceTimersByTimeAsync(5000);
    expect(server.requests).toHaveLength(1);
    expect(findings.state.kind).toBe('scanning');
    answer?.();
    await start();
    expect(server.requests).toHaveLength(2);
    expect(server.last).toMatchObject({ base: 1, cells: { c0: { source: 'x' } } });
  });

  it('sends all of it again where the server has forgotten it', async () => {
    const { server, findings, type } = setUp();
    await start();
    let count = 0;
    server.find = () => (count++ === 0 ? refuse(409, 'unknown-revision')() : []);
    await type('x');
    expect(server.requests).toHaveLength(3);
    expect(server.last).toMatchObject({ base: null, revision: 3 });
    expect(Object.keys(server.last.cells)).toEqual(['c0', 'c1']);
    expect(findings.state.kind).toBe('ready');
  });

  it('does not ask for ever where the server forgets at once', async () => {
    const { server, findings } = setUp();
    server.find = refuse(409, 'unknown-revision');
    await start();
    expect(server.requests).toHaveLength(1);
    expect(findings.state.kind).toBe('server-missing');
  });

  it('waits longer and longer for a missing server, and goes on when it is back', async () => {
    const { server, findings, type } = setUp();
    await start();
    server.find = refuse(0);
    await type('x');
    expect(findings.state).toMatchObject({
      kind: 'server-missing',
      message: 'The Jupyter server does not answer.'
    });
    await type('y', 500);
    expect(server.requests).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1000 + 2000 + 4000);
    expect(server.requests).toHaveLength(5);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(server.requests.length).toBeLessThan(20);
    server.find = () => [];
    await vi.advanceTimersByTimeAsync(60_000);
    expect(findings.state.kind).toBe('ready');
    expect(server.last).toMatchObject({ base: null, cells: { c0: { source: 'y' } } });
    await type('z');
    expect(server.last).toMatchObject({ cells: { c0: { source: 'z' } } });
  });

  it('tries at once when somebody asks', async () => {
    const { server, findings, scanner, type } = setUp();
    server.find = refuse(404);
    await start();
    expect(findings.state).toMatchObject({
      kind: 'server-missing',
      message: expect.stringContaining('not installed')
    });
    server.find = () => [];
    await findings.rescan();
    expect(findings.state.kind).toBe('ready');
    scanner.dispose();
    await type('x', 10_000);
    expect(server.requests).toHaveLength(2);
  });

  it('leaves a notebook alone that is too much for the server', async () => {
    const { server, findings, type } = setUp();
    server.find = refuse(503, 'time-limit');
    await start();
    expect(findings.state).toEqual({ kind: 'too-large', message: 'no: time-limit' });
    await type('x', 3000);
    expect(server.requests).toHaveLength(1);
    server.find = refuse(413);
    await vi.advanceTimersByTimeAsync(3000);
    expect(server.requests).toHaveLength(2);
    expect(findings.state.kind).toBe('too-large');
  });

  it('looks at outputs now and then while a cell prints, and at text soon all the same', async () => {
    const { server, notebook } = setUp();
    await start();
    const cell = notebook.cells[1] as YCodeCell;
    for (let line = 0; line < 20; line++) {
      cell.setOutputs([{ output_type: 'stream', name: 'stdout', text: String(line) }]);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(server.requests.length).toBeGreaterThanOrEqual(2);
    expect(server.requests.length).toBeLessThanOrEqual(3);
    cell.setOutputs([]);
    notebook.cells[0].setSource('typed');
    const before = server.requests.length;
    await vi.advanceTimersByTimeAsync(210);
    expect(server.requests).toHaveLength(before + 1);
  });

  it('follows the settings', async () => {
    const { server, settings, findings, type } = setUp();
    server.find = () => [findingAt(0, spot(1, 1, 2))];
    await start();
    expect(findings.counts.high).toBe(1);
    await settings.set('ignoredRules', ['one']);
    await settings.set('ignoredInNotebook', { 'dir/a.ipynb': ['two'], other: ['three'] });
    await settings.set('minimumSeverity', 'medium');
    await start();
    expect(server.last).toMatchObject({
      base: expect.any(Number),
      cells: {},
      options: { ignore: ['one', 'two'], min_severity: 'medium', outputs: true }
    });
    await settings.set('outputs', false);
    await start();
    expect(server.last).toMatchObject({ base: null, options: { outputs: false } });
    await settings.set('enabled', false);
    expect(findings.state.kind).toBe('off');
    expect(findings.findings).toEqual([]);
    const before = server.requests.length;
    await type('x', 10_000);
    await findings.rescan();
    expect(server.requests).toHaveLength(before);
    await settings.set('enabled', true);
    await start();
    expect(server.last).toMatchObject({ base: null, cells: { c0: { source: 'x' } } });
  });

  it('tells what is trusted and where the notebook is at the moment of sending', async () => {
    const { server, where, scanner } = setUp();
    await start();
    where.trusted = false;
    where.path = 'b.ipynb';
    scanner.schedule();
    await vi.advanceTimersByTimeAsync(250);
    expect(server.last).toMatchObject({ trusted: false, path: 'b.ipynb' });
  });
});

describe('NotebookFindings', () => {
  it('keeps the marks of a cell where only text elsewhere has changed', async () => {
    const { server, findings, type } = setUp();
    server.find = ({ revision }) => {
      const moved = findingAt(1, spot(1, 1, 2));
      moved.finding.file_range = spot(revision, 1, 2);
      return [findingAt(0, spot(1, 1, 1 + revision)), moved];
    };
    await start();
    const before = [findings.marksOf('c0'), findings.marksOf('c1')];
    await type('xx');
    expect(findings.marksOf('c0')).not.toBe(before[0]);
    expect(findings.marksOf('c1')).toBe(before[1]);
    expect(findings.sourceAt('c0')).toBe('xx');
  });

  it('marks related places in their own cells, with their own words', async () => {
    const { server, findings } = setUp();
    const main = findingAt(0, spot(1, 1, 2));
    const { cell, part, range, file_range } = findingAt(1, spot(1, 1, 2)).finding;
    main.finding.related = [{ cell, part, range, file_range, message: 'also here', fixes: [] }];
    server.find = () => [main];
    await start();
    expect(findings.marksOf('c0')).toMatchObject([{ isRelated: false, message: 'a message' }]);
    expect(findings.marksOf('c1')).toMatchObject([{ isRelated: true, message: 'also here', key: main.key }]);
    expect(findings.marksOf('nobody')).toEqual([]);
  });
});
