import type { YCodeCell } from '@jupyter/ydoc';
import { describe, expect, it, vi } from 'vitest';
import { ApiError } from '../../src/api';
import type { IApi } from '../../src/api';
import { NotebookFindings } from '../../src/findings';
import { Fixer, safeFixes } from '../../src/fixer';
import { installedVersions } from '../../src/kernel';
import type { EditorFinding, Ignore } from '../../src/protocol';
import { NotebookChanges } from '../../src/snapshot';
import { findingAt, fixOf, notebookOf, replace, replyTo, settingsOf, spot, trans, wireCell } from './fakes';

const stream = (text: string) => ({ output_type: 'stream' as const, name: 'stdout' as const, text });

/** A kernel that has some packages, and keeps what it was asked. */
function kernelWith(packages: Record<string, string>, language = 'python') {
  const requests: any[] = [];
  return {
    requests,
    info: Promise.resolve({ language_info: { name: language } }),
    requestExecute: (content: any) => {
      requests.push(content);
      const user_expressions = Object.fromEntries(
        Object.entries(content.user_expressions as Record<string, string>).map(([key, expression]) => {
          const version = packages[/version\('(.*)'\)$/.exec(expression)![1]];
          const data = { 'text/plain': version };
          return [key, version ? { status: 'ok', data } : { status: 'error', ename: 'PackageNotFoundError' }];
        })
      );
      return { done: Promise.resolve({ content: { status: 'ok', user_expressions } }) };
    }
  };
}

function setUp(...sources: string[]) {
  const notebook = notebookOf(...sources);
  const rescan = vi.fn(() => Promise.resolve());
  const findings = new NotebookFindings('session', rescan);
  const changes = new NotebookChanges(notebook);
  const answer = (...found: EditorFinding[]) =>
    findings.accept(replyTo({ revision: 7 }, found), changes.take({ everything: true, outputs: true }));
  answer();
  const settings = settingsOf();
  const notify = vi.fn();
  const api = { pin: vi.fn<IApi['pin']>() };
  const panel: any = {
    model: { sharedModel: notebook, readOnly: false },
    context: { path: 'RTC:a.ipynb' },
    sessionContext: { session: { kernel: null } }
  };
  const fixer = new Fixer({
    findings: { of: () => findings },
    settings,
    api,
    trans,
    notify,
    localPath: path => path.replace('RTC:', '')
  });
  const texts = () => notebook.cells.map(cell => cell.getSource());
  return { notebook, findings, rescan, answer, settings, notify, api, panel, fixer, texts };
}

describe('applying a fix', () => {
  it('edits the notebook', async () => {
    const { fixer, panel, texts, notify } = setUp('x = bad');
    const fix = fixOf('unsafe', replace(0, spot(1, 5, 8), 'good'));
    expect(await fixer.apply(panel, findingAt(0, spot(1, 5, 8)), fix)).toBe(true);
    expect(texts()).toEqual(['x = good']);
    expect(notify).not.toHaveBeenCalled();
  });

  it('is refused, and the notebook scanned again, where the text has changed meanwhile', async () => {
    const { fixer, panel, texts, notebook, rescan, notify } = setUp('x = bad');
    notebook.cells[0].setSource('xx = bad');
    const fix = fixOf('unsafe', replace(0, spot(1, 5, 8), 'good'));
    expect(await fixer.apply(panel, findingAt(0, spot(1, 5, 8)), fix)).toBe(false);
    expect(texts()).toEqual(['xx = bad']);
    expect(rescan).toHaveBeenCalledOnce();
    expect(notify).toHaveBeenCalledOnce();
  });

  it('is refused in a notebook that cannot be changed', async () => {
    const { fixer, panel, texts } = setUp('x = bad');
    panel.model.readOnly = true;
    const fix = fixOf('unsafe', replace(0, spot(1, 5, 8), 'good'));
    expect(await fixer.apply(panel, findingAt(0, spot(1, 5, 8)), fix)).toBe(false);
    expect(texts()).toEqual(['x = bad']);
  });
});

describe('moving a secret', () => {
  const secret = 'a"very\\long secret';
  const source = `t = ${secret}`;
  const finding = findingAt(0, spot(1, 5, source.length + 1), { move_secret: true });
  const fix = fixOf('unsafe', replace(0, spot(1, 5, source.length + 1), 'os.environ["T"]'));

  const withOutputs = (outputs = true) => {
    const all = setUp(source, 'print(t)');
    void all.settings.set('outputs', outputs);
    (all.notebook.cells[0] as YCodeCell).setOutputs([stream('fine')]);
    (all.notebook.cells[1] as YCodeCell).setOutputs([
      stream('fine'),
      stream(`it is ${secret}\n`),
      { ...stream('end'), name: 'stderr' }
    ]);
    all.answer(finding);
    const shown = () =>
      all.notebook.cells.map(cell => (cell as YCodeCell).getOutputs().map(each => each.text));
    return { ...all, shown };
  };

  it.each([true, false])(
    'clears the outputs that show it, says to revoke it, is undone at once',
    async outputs => {
      const { fixer, panel, texts, shown, notify, notebook } = withOutputs(outputs);
      expect(await fixer.apply(panel, finding, fix)).toBe(true);
      expect(texts()[0]).toBe('t = os.environ["T"]');
      expect(shown()).toEqual([['fine'], ['fine', 'end']]);
      expect(notify).toHaveBeenCalledWith('warning', expect.stringContaining('revoke'));
      expect((notify.mock.calls[0] as string[])[1].length).toBeLessThanOrEqual(140);
      notebook.undo();
      expect([texts()[0], shown()[1]]).toEqual([source, ['fine', `it is ${secret}\n`, 'end']]);
    }
  );

  it('clears nothing that a few common letters stand in', async () => {
    const { fixer, panel, answer, notebook } = setUp('t = abc');
    (notebook.cells[0] as YCodeCell).setOutputs([stream('abc')]);
    const short = findingAt(0, spot(1, 5, 8), { move_secret: true });
    answer(short);
    await fixer.apply(panel, short, fixOf('unsafe', replace(0, spot(1, 5, 8), 'x')));
    expect((notebook.cells[0] as YCodeCell).getOutputs()).toHaveLength(1);
  });
});

describe('all safe fixes', () => {
  it('are applied together, one for each place, without those that touch', async () => {
    const { fixer, panel, answer, texts } = setUp('a b c', 'd');
    const related = {
      ...findingAt(1, spot(1, 1, 2)).finding,
      fixes: [fixOf('safe', replace(1, spot(1, 1, 2), 'D'))]
    };
    answer(
      findingAt(0, spot(1, 1, 2), {
        fixes: [
          fixOf('unsafe', replace(0, spot(1, 1, 2), '!')),
          fixOf('safe', replace(0, spot(1, 1, 2), 'A'))
        ]
      }),
      findingAt(0, spot(1, 1, 4), { fixes: [fixOf('safe', replace(0, spot(1, 2, 4), '?'))] }),
      findingAt(0, spot(1, 5, 6), {
        fixes: [fixOf('safe', replace(0, spot(1, 5, 6), 'C'))],
        related: [related]
      }),
      findingAt(0, spot(1, 3, 4), { fixes: [fixOf('manual')] })
    );
    expect(await fixer.applyAllSafe(panel)).toBe(3);
    expect(texts()).toEqual(['A b C', 'D']);
  });

  it('say so where there are none', async () => {
    const { fixer, panel, notify } = setUp('a');
    expect(await fixer.applyAllSafe(panel)).toBe(0);
    expect(notify).toHaveBeenCalledOnce();
  });

  it('leave out what this editor cannot do', () => {
    const edit = { ...replace(0, spot(1, 1, 2), ''), part: '/metadata/x' };
    expect(safeFixes([findingAt(0, spot(1, 1, 2), { fixes: [fixOf('safe', edit)] })])).toEqual([]);
  });
});

describe('ignoring', () => {
  const ignore = (kind: Ignore['kind'], edits: Ignore['edits'] = []): Ignore => ({
    kind,
    title: '',
    edits,
    rule: 'a-rule'
  });

  it('writes a comment or a tag', async () => {
    const { fixer, panel, texts, notebook } = setUp('bad()');
    const finding = findingAt(0, spot(1, 1, 6));
    const tag = { kind: 'add-tag' as const, cell: wireCell(0), tag: 'a-tag' };
    expect(await fixer.ignore(panel, finding, ignore('cell', [tag]))).toBe(true);
    expect(notebook.cells[0].getMetadata('tags')).toEqual(['a-tag']);
    expect(await fixer.ignore(panel, finding, ignore('line', [replace(0, spot(1, 6, 6), '  # no')]))).toBe(
      true
    );
    expect(texts()).toEqual(['bad()  # no']);
  });

  it('keeps rules in the settings, once, by the path that the server knows', async () => {
    const { fixer, panel, settings } = setUp('bad()');
    const finding = findingAt(0, spot(1, 1, 6));
    for (const kind of ['settings', 'settings', 'notebook', 'notebook'] as const) {
      expect(await fixer.ignore(panel, finding, ignore(kind))).toBe(true);
    }
    expect(settings.ignoredRules).toEqual(['a-rule']);
    expect(settings.ignoredInNotebook).toEqual({ 'a.ipynb': ['a-rule'] });
  });
});

describe('pinning', () => {
  const finding = findingAt(0, spot(1, 1, 6), {
    pin: { packages: [{ name: 'numpy', cell: wireCell(0), part: '/source', range: spot(1, 1, 6) }] }
  });

  it('asks the kernel, then the server for the edits', async () => {
    const { fixer, panel, api, texts, notify } = setUp('numpy');
    panel.sessionContext.session.kernel = kernelWith({ numpy: "'1.2'" });
    api.pin.mockResolvedValue({ edits: [replace(0, spot(1, 6, 6), '==1.2')], message: 'pinned' });
    expect(await fixer.pin(panel, finding)).toBe(true);
    expect(api.pin).toHaveBeenCalledWith({
      session: 'session',
      revision: 7,
      key: finding.key,
      versions: { numpy: '1.2' }
    });
    expect(texts()).toEqual(['numpy==1.2']);
    expect(notify).toHaveBeenCalledWith('info', 'pinned');
  });

  it('says what is missing', async () => {
    const { fixer, panel, api, notify } = setUp('numpy');
    expect(await fixer.pin(panel, finding)).toBe(false);
    panel.sessionContext.session.kernel = kernelWith({}, 'R');
    expect(await fixer.pin(panel, finding)).toBe(false);
    expect(notify).toHaveBeenCalledTimes(2);
    expect(api.pin).not.toHaveBeenCalled();
  });

  it('scans again where the server has moved on', async () => {
    const { fixer, panel, api, rescan } = setUp('numpy');
    panel.sessionContext.session.kernel = kernelWith({});
    api.pin.mockRejectedValue(new ApiError('', 409, 'unknown-revision'));
    expect(await fixer.pin(panel, finding)).toBe(false);
    expect(rescan).toHaveBeenCalledOnce();
    api.pin.mockRejectedValue(new ApiError('no', 400, 'invalid'));
    expect(await fixer.pin(panel, finding)).toBe(false);
  });
});

describe('installedVersions', () => {
  it('asks silently, leaves no history, and evaluates nothing but names of packages', async () => {
    const kernel = kernelWith({ numpy: "'1.2.3+cpu'", odd: "'1'; rm -rf'", 'two-words': "'2'" });
    const hostile = ["x'); import os; ('", 'UPPER', '', 'a b', 'a\nb'];
    const versions = await installedVersions(kernel as any, [
      'numpy',
      'odd',
      'gone',
      'two-words',
      ...hostile
    ]);
    expect(versions).toEqual({ numpy: '1.2.3+cpu', odd: null, gone: null, 'two-words': '2' });
    const [request] = kernel.requests;
    expect(request).toMatchObject({ code: '', silent: true, store_history: false, allow_stdin: false });
    expect(Object.keys(request.user_expressions)).toHaveLength(4);
  });

  it('knows nothing where the kernel fails', async () => {
    const kernel = { requestExecute: () => ({ done: Promise.resolve({ content: { status: 'aborted' } }) }) };
    expect(await installedVersions(kernel as any, ['numpy'])).toEqual({ numpy: null });
  });
});
