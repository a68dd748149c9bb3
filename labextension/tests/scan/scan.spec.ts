import '../panel/browser';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { IApi } from '../../src/api';
import type { Finding, ScanState } from '../../src/protocol';
import { ScanModel } from '../../src/scan/model';
import { ScanView } from '../../src/scan/view';
import { eventually, press } from '../panel/browser';
import { finding, type Some } from '../panel/fakes';

const trans = nullTranslator.load('');
const at = (path: string, some: Some = {}): Finding => ({ ...finding(some).finding, path });

/** A server that answers with these states, one after the other, and with the last from then on. */
function server(...states: Partial<ScanState>[]) {
  const calls: string[] = [];
  let turn = 0;
  const api = {
    startScan: vi.fn((path: string) => {
      calls.push(`start ${path}`);
      return Promise.resolve({ id: 'job' });
    }),
    scan: vi.fn((id: string, since = 0): Promise<ScanState> => {
      calls.push(`ask ${id} ${since}`);
      // The last one again and again, without saying again what was found.
      const state = states[turn++] ?? { ...states.at(-1), findings: [] };
      const base = { id, path: '', state: 'running', done: 0, total: 0, findings: [], problems: [] };
      return Promise.resolve({ ...base, summary: {}, message: '', ...state } as ScanState);
    }),
    cancelScan: vi.fn((id: string) => {
      calls.push(`cancel ${id}`);
      return Promise.resolve();
    })
  } satisfies Pick<IApi, 'startScan' | 'scan' | 'cancelScan'>;
  return { api, calls };
}

let view: ScanView | null = null;
let opened: Finding[] = [];

function show(model: ScanModel): ScanView {
  opened = [];
  const open = (each: Finding): Promise<void> => {
    opened.push(each);
    return Promise.resolve();
  };
  view = new ScanView(model, open, trans);
  Widget.attach(view, document.body);
  return view;
}

afterEach(() => {
  view?.dispose();
  view = null;
  document.body.replaceChildren();
});

describe('a scan', () => {
  it('asks until it is done, and only for what is new', async () => {
    const { api, calls } = server(
      { done: 1, total: 3, findings: [at('a'), at('b')] },
      { done: 2, total: 3 },
      { state: 'done', done: 3, total: 3, findings: [at('c')], summary: { medium: 3 } }
    );
    const model = new ScanModel('folder', api, 1);
    await model.start();
    expect(calls).toEqual(['start folder', 'ask job 0', 'ask job 2', 'ask job 2']);
    expect(model.findings.map(each => each.path)).toEqual(['a', 'b', 'c']);
    expect(model.progress).toEqual({ kind: 'done', done: 3 });
  });

  it('can be cancelled; what it found stays', async () => {
    const { api, calls } = server({ done: 1, total: 9, findings: [at('a')] });
    const model = new ScanModel('', api, 1);
    const end = model.start();
    await eventually(() => expect(model.findings).toHaveLength(1));
    await model.cancel();
    await end;
    expect(calls.filter(call => call === 'cancel job')).toHaveLength(1);
    expect(model.progress).toEqual({ kind: 'cancelled', done: 1 });
    expect(model.findings).toHaveLength(1);
  });

  it('is cancelled with its tab, also before it has a name', async () => {
    const { api, calls } = server({});
    const model = new ScanModel('', api, 1);
    const end = model.start();
    model.dispose();
    await end;
    expect(calls).toEqual(['start ', 'cancel job']);
  });

  it('says why it failed', async () => {
    const { api } = server({});
    api.startScan.mockRejectedValue(new Error('no such folder'));
    const model = new ScanModel('gone', api, 1);
    await model.start();
    expect(model.progress).toEqual({ kind: 'failed', message: 'no such folder' });
    await eventually(() => {
      expect((view ?? show(model)).node.textContent).toContain('no such folder');
    });
  });

  it('starts again from nothing', async () => {
    const { api } = server({ state: 'done', done: 1, findings: [at('a')] });
    const model = new ScanModel('', api, 1);
    await model.start();
    expect(model.findings).toHaveLength(1);
    await model.start();
    expect(model.findings).toHaveLength(0);
  });
});

describe('the table', () => {
  const rows = () =>
    [...document.querySelectorAll('.jp-mlsecops-gridBody [role=row]')].map(row =>
      [...row.querySelectorAll('[role=gridcell]')].map(cell => cell.textContent)
    );
  const files = () => rows().map(row => row[2]);
  const sorting = () =>
    [...document.querySelectorAll('[role=columnheader]')].map(header => header.getAttribute('aria-sort'));
  const focused = () => document.activeElement!;

  async function filled(...findings: Finding[]): Promise<ScanModel> {
    const counts = { medium: findings.length };
    const { api } = server({ state: 'done', done: 2, findings, summary: counts });
    const model = new ScanModel('folder', api, 1);
    show(model);
    await model.start();
    await eventually(() => expect(rows().length).toBeGreaterThan(0));
    return model;
  }

  const three = () =>
    filled(
      at('folder/b.ipynb', { severity: 'low', message: 'beta', cell: 9 }),
      at('folder/a.ipynb', { severity: 'high', message: 'gamma', cell: 1 }),
      at('folder/sub/c.py', { severity: 'low', message: 'alpha', cell: null, part: '' })
    );

  it('shows the worst first, and paths from the folder on', async () => {
    await three();
    expect(rows()).toEqual([
      ['High', 'a-rule', 'a.ipynb', 'cell 2, line 1', 'gamma'],
      ['Low', 'a-rule', 'b.ipynb', 'cell 10, line 1', 'beta'],
      ['Low', 'a-rule', 'sub/c.py', 'line 1', 'alpha']
    ]);
    expect(sorting()).toEqual(['descending', 'none', 'none', 'none', 'none']);
  });

  it('sorts by a column, and back again', async () => {
    await three();
    const header = document.querySelectorAll<HTMLElement>('[role=columnheader] button')[2];
    header.click();
    await eventually(() => expect(sorting()[2]).toBe('ascending'));
    expect(files()).toEqual(['a.ipynb', 'b.ipynb', 'sub/c.py']);
    header.click();
    await eventually(() => expect(sorting()[2]).toBe('descending'));
    expect(files()).toEqual(['sub/c.py', 'b.ipynb', 'a.ipynb']);
  });

  it('is walked with the keyboard, and opens what Enter is pressed on', async () => {
    const model = await three();
    const stops = () => [...document.querySelectorAll('.jp-mlsecops-grid [tabindex="0"]')];
    expect(stops()).toHaveLength(1);
    (stops()[0] as HTMLElement).focus();
    const walk = async (key: string, expected: string) => {
      press(focused(), key);
      await eventually(() => expect(focused().textContent).toBe(expected));
    };
    await walk('ArrowDown', 'Low');
    await walk('ArrowRight', 'a-rule');
    await walk('End', 'beta');
    await walk('ArrowDown', 'alpha');
    press(focused(), 'Enter');
    expect(opened.map(each => each.path)).toEqual(['folder/sub/c.py']);
    await walk('PageUp', 'beta');
    await walk('ArrowUp', 'gamma');
    await walk('ArrowUp', 'Message');
    (focused() as HTMLElement).click();
    await eventually(() => expect(model.sorting.column).toBe('message'));
    await eventually(() => expect(rows()[0][4]).toBe('alpha'));
    expect(stops()).toHaveLength(1);
  });

  it('opens what is clicked', async () => {
    await three();
    document.querySelectorAll<HTMLElement>('[role=gridcell]')[1].click();
    expect(opened.map(each => each.path)).toEqual(['folder/a.ipynb']);
  });

  it('filters by text and level', async () => {
    const model = await three();
    model.setText('b.IPYNB');
    await eventually(() => expect(files()).toEqual(['b.ipynb']));
    model.toggleLevel('low');
    await eventually(() => expect(view!.node.textContent).toContain('The filter hides all findings'));
    model.clearFilter();
    await eventually(() => expect(rows()).toHaveLength(3));
  });

  it('draws only what is in view', async () => {
    const many = Array.from({ length: 20000 }, (_, index) => at(`folder/${index}.ipynb`));
    await filled(...many);
    expect(rows().length).toBeLessThan(100);
    expect(document.querySelector('[role=grid]')?.getAttribute('aria-rowcount')).toBe('20001');
  });

  it('shows hostile text as text', async () => {
    const evil = '<img src=x onerror=alert(1)>\u202Efdp.exe';
    await filled(at(`folder/${evil}`, { message: evil, rule: evil }));
    expect(document.querySelector('img')).toBeNull();
    expect(rows()[0][2]).toBe('<img src=x onerror=alert(1)>⟨U+202E⟩fdp.exe');
  });
});

it('is not called clean where a file could not be checked', async () => {
  const problems = [{ path: 'x.ipynb', cell: null, kind: 'unreadable' as const, message: 'not JSON' }];
  const model = new ScanModel('', server({ state: 'done', done: 1, problems }).api, 1);
  show(model);
  await model.start();
  await eventually(() => expect(view!.node.textContent).toContain('Nothing found in what could be checked'));
  expect(view!.node.textContent).toContain('x.ipynb: not JSON');
  expect(view!.node.querySelector('[role=status]')?.textContent).toBe('1 file scanned, no findings');
});
