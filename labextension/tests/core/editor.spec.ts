import { diagnosticCount, forEachDiagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import type { ISharedNotebook, YNotebook } from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { editorExtension } from '../../src/editor';
import { NotebookFindings } from '../../src/findings';
import type { EditorFinding } from '../../src/protocol';
import { NotebookChanges } from '../../src/snapshot';
import { findingAt, fixOf, notebookOf, replace, replyTo, settingsOf, spot, trans } from './fakes';

const views: EditorView[] = [];
afterEach(() => {
  views.splice(0).forEach(view => view.destroy());
  document.body.replaceChildren();
});

class FakeStore {
  readonly all = new Map<ISharedNotebook, NotebookFindings>();
  readonly added = new Signal<this, NotebookFindings>(this);
  of(notebook: ISharedNotebook) {
    return this.all.get(notebook);
  }
  add(notebook: YNotebook) {
    const findings = new NotebookFindings('session', () => Promise.resolve());
    this.all.set(notebook, findings);
    this.added.emit(findings);
    let revision = 0;
    const changes = new NotebookChanges(notebook);
    const answer = (...found: EditorFinding[]) =>
      findings.accept(
        replyTo({ revision: ++revision }, found),
        changes.take({ everything: true, outputs: true })
      );
    return { findings, answer };
  }
}

function setUp(...sources: string[]) {
  const store = new FakeStore();
  const settings = settingsOf();
  const actions = { apply: vi.fn(), ignore: vi.fn(), pin: vi.fn(), explain: vi.fn(), show: vi.fn() };
  const { factory } = editorExtension({ store, settings, actions, trans });
  const notebook = notebookOf(...sources);
  const open = async (cell = 0, of = notebook) => {
    const shared = of.cells[cell];
    const extension = factory({ inline: true, model: { sharedModel: shared } } as any)!.instance(undefined);
    const view = new EditorView({
      state: EditorState.create({ doc: shared.getSource(), extensions: extension }),
      parent: document.body
    });
    // Lab's binding of the editor to the model, in one direction.
    shared.changed.connect(() => {
      if (view.state.doc.toString() !== shared.getSource()) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: shared.getSource() } });
      }
    });
    views.push(view);
    await Promise.resolve();
    return view;
  };
  return { store, settings, actions, notebook, open, factory };
}

const marked = (view: EditorView) =>
  [...view.dom.querySelectorAll('.jp-mlsecops-mark')].map(node => node.textContent);

describe('marks in an editor', () => {
  it('appear when the answer comes, in every view of the cell, and go with the next', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const views = [await open(), await open()];
    const { answer } = store.add(notebook);
    answer(findingAt(0, spot(1, 5, 8)));
    expect(views.map(marked)).toEqual([['bad'], ['bad']]);
    answer();
    expect(views.map(marked)).toEqual([[], []]);
  });

  it('are there at once in an editor that is built later', async () => {
    const { store, notebook, open } = setUp('x = bad');
    store.add(notebook).answer(findingAt(0, spot(1, 5, 8)));
    expect(marked(await open())).toEqual(['bad']);
  });

  it('stand right behind characters of two units', async () => {
    const { store, notebook, open } = setUp("'😀😀', bad");
    store.add(notebook).answer(findingAt(0, spot(1, 7, 10)));
    expect(marked(await open())).toEqual(['bad']);
  });

  it('are not drawn from an answer about another text; the old ones move along', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const { answer, findings } = store.add(notebook);
    const view = await open();
    answer(findingAt(0, spot(1, 5, 8)));
    view.dispatch({ changes: { from: 0, insert: 'yy' } });
    findings.become({ kind: 'ready' });
    expect(marked(view)).toEqual(['bad']);
    const late = await open();
    late.dispatch({ changes: { from: 0, insert: 'zz' } });
    answer(findingAt(0, spot(1, 1, 2)));
    expect(marked(late)).toEqual(['bad']);
  });

  it('go when the text changes and no answer will come', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const { answer, findings } = store.add(notebook);
    const view = await open();
    answer(findingAt(0, spot(1, 5, 8)));
    findings.become({ kind: 'server-missing', message: '' });
    expect(marked(view)).toEqual(['bad']);
    view.dispatch({ changes: { from: 0, insert: 'y' } });
    await Promise.resolve();
    expect(marked(view)).toEqual([]);
  });

  it('come back when deleted text is put back', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const { answer } = store.add(notebook);
    const view = await open();
    answer(findingAt(0, spot(1, 5, 8)));
    view.dispatch({ changes: { from: 0, to: 7, insert: '' } });
    view.dispatch({ changes: { from: 0, to: 0, insert: 'x = bad' } });
    expect(marked(view)).toEqual([]);
    answer(findingAt(0, spot(1, 5, 8)));
    expect(marked(view)).toEqual(['bad']);
  });

  it('belong to one notebook: a copy with the same cell ids has its own', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const copy = notebookOf('x = bad');
    const [view, other] = [await open(0), await open(0, copy)];
    store.add(copy);
    store.add(notebook).answer(findingAt(0, spot(1, 5, 8)));
    expect([marked(view), marked(other)]).toEqual([['bad'], []]);
  });

  it('are past no end, wherever the server says they are', async () => {
    const { store, notebook, open } = setUp('ab\ncd');
    store
      .add(notebook)
      .answer(findingAt(0, { start: { line: 2, column: 1 }, end: { line: 99, column: 99 } }));
    const view = await open();
    forEachDiagnostic(view.state, (_, from, to) => expect([from, to]).toEqual([3, 5]));
    expect(diagnosticCount(view.state)).toBe(1);
  });

  it('leave outputs to others', async () => {
    const { store, notebook, open } = setUp('print()');
    store.add(notebook).answer(findingAt(0, spot(1, 1, 3), { part: '/outputs/0/text' }));
    expect(marked(await open())).toEqual([]);
  });

  it('have a gutter only where something louder than a hint is found, if the user wants one', async () => {
    const { store, notebook, open, settings } = setUp('x = bad');
    const { answer } = store.add(notebook);
    const view = await open();
    const gutters = () => view.dom.querySelectorAll('.cm-gutter-lint').length;
    answer(findingAt(0, spot(1, 5, 8), { severity: 'info' }));
    expect([gutters(), marked(view)]).toEqual([0, ['bad']]);
    answer(findingAt(0, spot(1, 5, 8), { severity: 'high' }));
    expect(gutters()).toBe(1);
    await settings.set('gutter', false);
    expect([gutters(), marked(view)]).toEqual([0, ['bad']]);
    await settings.set('gutter', true);
    expect(gutters()).toBe(1);
    expect(view.dom.querySelectorAll('.cm-lint-marker').length).toBe(1);
    answer();
    expect(gutters()).toBe(0);
  });

  it('bring no style with their gutter: the whole page would be looked at again', async () => {
    const { store, notebook, open } = setUp('x = bad');
    const { answer } = store.add(notebook);
    const view = await open();
    const before = view.state.facet(EditorView.styleModule);
    answer(findingAt(0, spot(1, 5, 8), { severity: 'high' }));
    expect(view.dom.querySelector('.cm-gutter-lint')).not.toBeNull();
    expect(view.state.facet(EditorView.styleModule)).toEqual(before);
  });

  it('come with their gutter where they are known when the editor is built', async () => {
    const { store, notebook, open } = setUp('x = bad');
    store.add(notebook).answer(findingAt(0, spot(1, 5, 8), { severity: 'high' }));
    const opening = open();
    expect(views[0].dom.querySelector('.cm-gutter-lint')).not.toBeNull();
    await opening;
    expect(views[0].dom.querySelectorAll('.cm-lint-marker').length).toBe(1);
  });

  it('are drawn again only in the cell whose marks have changed', async () => {
    const { store, notebook, open } = setUp('x = bad', 'y = bad');
    const { answer } = store.add(notebook);
    const [one, other] = [await open(0), await open(1)];
    answer(findingAt(0, spot(1, 5, 8)));
    const [oneState, otherState] = [one.state, other.state];
    answer(findingAt(0, spot(1, 5, 8)), findingAt(1, spot(1, 5, 8)));
    expect(one.state).toBe(oneState);
    expect(other.state).not.toBe(otherState);
  });

  it('are in cells only', () => {
    const { factory } = setUp('');
    expect(factory({ inline: false, model: { sharedModel: {} } } as any)).toBeNull();
  });
});

describe('the card', () => {
  it('says what, why and what can be done; text of a notebook stays text', async () => {
    const { store, notebook, open, actions } = setUp('x = bad');
    const hostile = '<img src=x onerror=alert(1)>';
    const fixes = [
      fixOf('unsafe', replace(0, spot(1, 5, 8), 'good')),
      { title: `Think about ${hostile}`, safety: 'manual' as const, edits: [] },
      fixOf('safe', { ...replace(0, spot(1, 5, 8), 'x'), part: '/metadata/x' })
    ];
    const ignores = [{ kind: 'line' as const, title: 'Ignore here', edits: [], rule: 'a-rule' }];
    const message = `\`bad\` is ${hostile} and \`one`;
    store
      .add(notebook)
      .answer(findingAt(0, spot(1, 5, 8), { message, fixes, ignores, pin: { packages: [] } }));
    const view = await open();
    let card: HTMLElement | undefined;
    forEachDiagnostic(view.state, diagnostic => {
      card = diagnostic.renderMessage!(view) as HTMLElement;
    });
    expect(card!.querySelector('img')).toBeNull();
    expect(card!.querySelector('strong')!.textContent).toBe('A title');
    expect(card!.textContent).toContain(`bad is ${hostile} and \`one`);
    expect(
      [...card!.querySelectorAll('.jp-mlsecops-card-message code')].map(node => node.textContent)
    ).toEqual(['bad']);
    const buttons = [...card!.querySelectorAll('button')];
    expect(buttons.map(button => button.textContent)).toEqual([
      'Mend it',
      'Pin to what is installed',
      'Ignore here',
      'About this rule',
      'Show in the panel'
    ]);
    const press = new MouseEvent('mousedown', { bubbles: true, cancelable: true });
    expect(buttons[0].dispatchEvent(press)).toBe(false);
    expect(view.hasFocus).toBe(false);
    buttons[0].click();
    expect(view.hasFocus).toBe(true);
    buttons.slice(1).forEach(button => button.click());
    const mark = expect.objectContaining({ key: '0:1' });
    expect(actions.apply).toHaveBeenCalledWith(notebook, mark, fixes[0]);
    expect(actions.pin).toHaveBeenCalledWith(notebook, mark);
    expect(actions.ignore).toHaveBeenCalledWith(notebook, mark, ignores[0]);
    expect(actions.explain).toHaveBeenCalledWith(mark);
    expect(actions.show).toHaveBeenCalledWith(mark);
  });
});
