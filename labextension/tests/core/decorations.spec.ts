/** Bars, badges and underlined text around the cells of one view. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { YNotebook } from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NotebookDecorations } from '../../src/decorations';
import { NotebookFindings } from '../../src/findings';
import type { Highlighter, LevelRanges } from '../../src/highlights';
import type { EditorFinding } from '../../src/protocol';
import { NotebookChanges } from '../../src/snapshot';
import { findingAt, notebookOf, replyTo, spot, trans } from './fakes';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A cell as Lab draws it, with one node for each output. */
function drawn(id: string, type: 'code' | 'markdown', text: string, outputs: string[]) {
  const node = document.createElement('div');
  const wrapper = document.createElement('div');
  wrapper.className = 'jp-Cell-inputWrapper';
  const rendered = document.createElement('div');
  rendered.className = 'jp-MarkdownOutput';
  rendered.textContent = text;
  wrapper.append(rendered);
  node.append(wrapper);
  const widgets = outputs.map(each => {
    const output = document.createElement('div');
    output.textContent = each;
    node.append(output);
    return { node: output };
  });
  return { node, model: { id, type }, rendered: false, outputArea: { widgets } };
}

function setUp(notebook: YNotebook, cells: ReturnType<typeof drawn>[]) {
  const findings = new NotebookFindings('session', () => Promise.resolve());
  const content = {
    widgets: cells,
    modelContentChanged: new Signal<object, void>({}),
    cellInViewportChanged: new Signal<object, void>({})
  };
  let underlined: Record<string, string[]> = {};
  const highlighter = {
    set: vi.fn((_: object, ranges: LevelRanges) => {
      underlined = Object.fromEntries(
        Object.entries(ranges).map(([level, each]) => [level, each.map(range => String(range))])
      );
    }),
    delete: vi.fn()
  };
  const show = vi.fn();
  const clear = vi.fn();
  const decorations = new NotebookDecorations({
    panel: { content } as unknown as NotebookPanel,
    findings,
    highlighter: highlighter as unknown as Highlighter,
    trans,
    show,
    clear
  });
  const changes = new NotebookChanges(notebook);
  let revision = 0;
  const answer = (...found: EditorFinding[]) => {
    const snapshot = changes.take({ everything: true, outputs: true });
    findings.accept(replyTo({ revision: ++revision }, found), snapshot);
    vi.advanceTimersToNextFrame();
  };
  return { decorations, content, highlighter, show, clear, answer, underlined: () => underlined };
}

function withOutput(...texts: string[]) {
  const notebook = notebookOf('print(key)', 'x');
  const outputs = texts.map(text => ({ output_type: 'stream' as const, name: 'stdout' as const, text }));
  (notebook.getCell(0) as any).updateOutputs(0, 0, outputs);
  return notebook;
}

const badge = (node: Element) => node.querySelector(':scope > .jp-mlsecops-badge');

describe('decorations', () => {
  it('put a bar beside a cell, as severe as the worst that is in it, and take it away', () => {
    const cells = [drawn('c0', 'code', '', []), drawn('c1', 'code', '', [])];
    const { answer } = setUp(notebookOf('bad', 'x'), cells);
    answer(
      findingAt(0, spot(1, 1, 4), { severity: 'low' }),
      findingAt(0, spot(1, 1, 2), { severity: 'high' })
    );
    expect(cells.map(cell => cell.node.dataset.mlsecopsInput)).toEqual(['high', undefined]);
    expect(cells[0].node.dataset.mlsecopsOutput).toBeUndefined();
    answer(findingAt(0, spot(1, 1, 4), { severity: 'low' }));
    expect(cells[0].node.dataset.mlsecopsInput).toBe('low');
    answer();
    expect(cells[0].node.dataset.mlsecopsInput).toBeUndefined();
  });

  it('leave the text of a source to its editor', () => {
    const cells = [drawn('c0', 'code', 'bad', [])];
    const { answer, underlined } = setUp(notebookOf('bad'), cells);
    answer(findingAt(0, spot(1, 1, 4)));
    expect(underlined()).toEqual({});
    expect(badge(cells[0].node.firstElementChild!)).toBeNull();
  });

  it('underline the text of an output, and offer to clear that one', () => {
    const cells = [drawn('c0', 'code', '', ['hello', 'the secret is'])];
    const { answer, underlined, clear, show } = setUp(withOutput('hello', 'the secret is'), cells);
    answer(findingAt(0, spot(1, 5, 11), { part: '/outputs/1/text', severity: 'critical' }));
    expect(underlined()).toEqual({ critical: ['secret'] });
    expect(cells[0].node.dataset.mlsecopsOutput).toBe('critical');
    expect(badge(cells[0].outputArea.widgets[0].node)).toBeNull();
    const [label, clearing] = badge(cells[0].outputArea.widgets[1].node)!.querySelectorAll('button');
    label.click();
    expect(show).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ key: '0:1' }));
    clearing.click();
    expect(clear).toHaveBeenCalledExactlyOnceWith('c0', '/outputs/1');
    answer();
    expect(badge(cells[0].outputArea.widgets[1].node)).toBeNull();
    expect(underlined()).toEqual({});
  });

  it('follow outputs that are drawn anew', () => {
    const cells = [drawn('c0', 'code', '', ['the secret is'])];
    const { answer, content, underlined } = setUp(withOutput('the secret is'), cells);
    answer(findingAt(0, spot(1, 5, 11), { part: '/outputs/0/text' }));
    const { outputArea } = drawn('c0', 'code', '', ['the secret is']);
    cells[0].outputArea = outputArea;
    content.modelContentChanged.emit();
    vi.advanceTimersToNextFrame();
    expect(badge(outputArea.widgets[0].node)).not.toBeNull();
    expect(underlined()).toEqual({ high: ['secret'] });
  });

  it('underline rendered Markdown while it is rendered', () => {
    const notebook = notebookOf('x');
    notebook.insertCell(1, { cell_type: 'markdown', id: 'm', source: 'a **secret** word', metadata: {} });
    const cells = [drawn('c0', 'code', '', []), drawn('m', 'markdown', 'a secret word', [])];
    cells[1].rendered = true;
    const { answer, content, underlined } = setUp(notebook, cells);
    const finding = findingAt(1, spot(1, 5, 11));
    finding.finding.cell!.id = 'm';
    answer(finding);
    expect(underlined()).toEqual({ high: ['secret'] });
    expect(badge(cells[1].node.firstElementChild!)!.textContent).toBe('A title');
    cells[1].rendered = false;
    content.modelContentChanged.emit();
    vi.advanceTimersToNextFrame();
    expect(underlined()).toEqual({});
    expect(badge(cells[1].node.firstElementChild!)).toBeNull();
  });

  it('say so where what was found is neither in a source nor in an output', () => {
    const cells = [drawn('c0', 'code', '', [])];
    const { answer } = setUp(notebookOf('x'), cells);
    answer(findingAt(0, spot(1, 1, 2), { part: '/metadata/key' }));
    expect(badge(cells[0].node.firstElementChild!)).not.toBeNull();
  });

  it('are drawn once in a frame, and look only at cells that have something', () => {
    const cells = [drawn('c0', 'code', '', []), drawn('c1', 'code', '', [])];
    const { answer, content, highlighter } = setUp(notebookOf('bad', 'x'), cells);
    answer(findingAt(0, spot(1, 1, 4)));
    highlighter.set.mockClear();
    const look = vi.spyOn(Element.prototype, 'querySelector');
    content.modelContentChanged.emit();
    content.cellInViewportChanged.emit();
    expect(highlighter.set).not.toHaveBeenCalled();
    vi.advanceTimersToNextFrame();
    expect(highlighter.set).toHaveBeenCalledOnce();
    expect(look).not.toHaveBeenCalled();
    look.mockRestore();
  });

  it('end with the view', () => {
    const { decorations, content, highlighter, answer } = setUp(notebookOf('bad'), []);
    answer();
    highlighter.set.mockClear();
    content.modelContentChanged.emit();
    decorations.dispose();
    decorations.dispose();
    content.modelContentChanged.emit();
    answer();
    expect(highlighter.set).not.toHaveBeenCalled();
    expect(highlighter.delete).toHaveBeenCalledExactlyOnceWith(decorations);
  });
});
