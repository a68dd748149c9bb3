/** The status-bar item and the notice. */
import './browser';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { BoxPanel, Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NoticeWatch } from '../../src/panel/notice';
import { StatusItem } from '../../src/status';
import { eventually } from './browser';
import { FakeFindings, FakeNotebook, finding } from './fakes';

const trans = nullTranslator.load('');

afterEach(() => {
  document.body.replaceChildren();
});

describe('the status item', () => {
  const button = () => document.querySelector('button');

  it('counts by level, in signs and in words, and opens the panel', async () => {
    const notebook = new FakeNotebook([finding({ severity: 'high' }), finding(), finding()]);
    const source = new FakeFindings(notebook);
    const open = vi.fn();
    const item = new StatusItem(source, open, trans);
    Widget.attach(item, document.body);
    await eventually(() => expect(button()?.textContent).toBe('12'));
    expect(button()?.getAttribute('aria-label')).toBe('Security findings: 1 high, 2 medium');
    button()?.click();
    expect(open).toHaveBeenCalledOnce();
    notebook.become([]);
    await eventually(() => expect(button()?.textContent).toBe('0'));
    notebook.become([], { kind: 'server-missing', message: '' });
    await eventually(() => expect(button()?.title).toContain('no answer'));
    source.current = undefined;
    source.currentChanged.emit();
    await eventually(() => expect(button()).toBeNull());
    item.dispose();
  });
});

describe('the notice', () => {
  function opened(notebook: FakeNotebook, isTrusted = false, notice = 'high') {
    const source = new FakeFindings(notebook);
    Object.assign(source.settings, { notice });
    const cells = [{ type: 'code', trusted: isTrusted }];
    const contentHeader = new BoxPanel();
    Widget.attach(contentHeader, document.body);
    const model = { cells, contentChanged: new Signal<object, void>({}) };
    const content = { activate: vi.fn() };
    const panel = { model, contentHeader, content, disposed: new Signal<object, void>({}) };
    const show = vi.fn();
    new NoticeWatch(panel as unknown as NotebookPanel, notebook, source, trans, show);
    return { model, content, show };
  }

  const severe = () => [finding({ severity: 'critical' }), finding({ severity: 'high' }), finding()];
  const bar = () => document.querySelector('.jp-mlsecops-notice');

  it('counts the severe findings of a notebook that is not trusted, and shows them', () => {
    const { show } = opened(new FakeNotebook(severe()));
    expect(bar()?.querySelector('[role=alert]')?.textContent).toContain('1 critical, 1 high');
    expect(bar()?.textContent).not.toContain('medium');
    bar()?.querySelector('button')?.click();
    expect(show).toHaveBeenCalledOnce();
  });

  it('counts from the level on that the user wants', () => {
    opened(
      new FakeNotebook([finding({ severity: 'medium' }), finding({ severity: 'low' })]),
      false,
      'medium'
    );
    expect(bar()?.textContent).toContain('1 medium');
    expect(bar()?.textContent).not.toContain('low');
  });

  it('waits for the first result', () => {
    const notebook = new FakeNotebook([], { kind: 'scanning' });
    opened(notebook);
    expect(bar()).toBeNull();
    notebook.become(severe());
    expect(bar()).not.toBeNull();
  });

  it.each([
    ['the notebook is trusted', severe(), true, 'high'],
    ['the user does not want it', severe(), false, 'never'],
    ['nothing is severe', [finding()], false, 'high']
  ])('stays away where %s', (_, findings, isTrusted, notice) => {
    opened(new FakeNotebook(findings), isTrusted, notice);
    expect(bar()).toBeNull();
  });

  it('says nothing of what is typed later', () => {
    const notebook = new FakeNotebook([finding()]);
    opened(notebook);
    notebook.become(severe());
    expect(bar()).toBeNull();
  });

  it('goes when it is dismissed, and does not come back', () => {
    const notebook = new FakeNotebook(severe());
    const { content } = opened(notebook);
    bar()?.querySelectorAll('button')[1].click();
    expect(bar()).toBeNull();
    expect(content.activate).toHaveBeenCalledOnce();
    notebook.become(severe());
    expect(bar()).toBeNull();
  });

  it('goes when the notebook is trusted, or mended', () => {
    const { model } = opened(new FakeNotebook(severe()));
    model.cells[0].trusted = true;
    model.contentChanged.emit();
    expect(bar()).toBeNull();
    const notebook = new FakeNotebook(severe());
    opened(notebook);
    notebook.become([finding()]);
    expect(bar()).toBeNull();
  });
});
