/** The way to a place, wherever it is hidden. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { reveal } from '../../src/reveal';
import type { Place } from '../../src/tokens';
import { notebookOf, spot, wireCell } from './fakes';

// The package as a whole needs more of a browser than there is here.
vi.mock('@jupyterlab/notebook', () => ({ NotebookActions: { expandParent: vi.fn() } }));

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

function fakeCell(id: string, source: string, type: string) {
  const shared = notebookOf(source).getCell(0);
  const dom = document.createElement('textarea');
  const output = document.createElement('div');
  output.scrollIntoView = vi.fn();
  const cell = {
    model: { id, type, sharedModel: shared },
    node: document.createElement('div'),
    dataset: {} as Record<string, string>,
    isHidden: false,
    isAway: false,
    isPlaceholder: () => cell.isAway,
    ready: Promise.resolve(),
    inputHidden: true,
    outputHidden: true,
    rendered: true,
    outputArea: { node: output, widgets: [{ node: output }] },
    editor: {
      model: { sharedModel: shared },
      getPositionAt: (offset: number) => ({ line: 0, column: offset }),
      setSelection: vi.fn(),
      revealSelection: vi.fn(),
      focus: vi.fn(() => {
        dom.focus();
      })
    }
  };
  cell.node.append(dom, output);
  return cell;
}

function setUp({ windowingMode = 'contentVisibility', type = 'code' } = {}) {
  const widgets = [fakeCell('c0', 'x', 'code'), fakeCell('c1', 'x = bad', type)];
  const content = {
    widgets,
    activeCellIndex: 0,
    mode: 'command',
    notebookConfig: { windowingMode },
    get activeCell() {
      return widgets[content.activeCellIndex];
    },
    layout: { insertWidget: vi.fn((_: number, cell: (typeof widgets)[0]) => (cell.isAway = false)) },
    activate: vi.fn(),
    deselectAll: vi.fn(),
    scrollToItem: vi.fn(() => Promise.resolve())
  };
  const node = document.createElement('div');
  widgets.forEach(cell => node.append(cell.node));
  const elsewhere = document.createElement('input');
  document.body.append(node, elsewhere);
  return { panel: { content, node } as unknown as NotebookPanel, content, cell: widgets[1], elsewhere };
}

const place = (part = '/source'): Place => ({ cell: wireCell(1), part, range: spot(1, 5, 8) });
const chosen = { start: { line: 0, column: 4 }, end: { line: 0, column: 7 } };

describe('reveal', () => {
  it('selects the very text, in a cell that is not collapsed any more', async () => {
    const { panel, content, cell } = setUp();
    await reveal(panel, place());
    expect(content.activeCellIndex).toBe(1);
    expect(content.mode).toBe('edit');
    expect(cell.inputHidden).toBe(false);
    expect(cell.editor.setSelection).toHaveBeenCalledExactlyOnceWith(chosen);
    expect(cell.editor.revealSelection).toHaveBeenCalledOnce();
    expect(cell.node.contains(document.activeElement)).toBe(true);
  });

  it('opens Markdown for editing', async () => {
    const { panel, cell } = setUp({ type: 'markdown' });
    await reveal(panel, place());
    expect(cell.rendered).toBe(false);
  });

  it('shows an output that was hidden, and points at it for a moment', async () => {
    vi.useFakeTimers();
    const { panel, content, cell } = setUp();
    await reveal(panel, place('/outputs/0/text'));
    expect([cell.outputHidden, cell.inputHidden, content.mode]).toEqual([false, true, 'command']);
    expect(content.activate).toHaveBeenCalledOnce();
    const { classList } = cell.outputArea.node;
    expect(classList.contains('jp-mlsecops-flash')).toBe(true);
    vi.advanceTimersByTime(5000);
    expect(classList.contains('jp-mlsecops-flash')).toBe(false);
    vi.useRealTimers();
  });

  it('opens the heading that a cell is collapsed under', async () => {
    const { panel, content, cell } = setUp();
    cell.isHidden = true;
    await reveal(panel, place());
    expect(NotebookActions.expandParent).toHaveBeenCalledExactlyOnceWith(cell, content);
  });

  it.each([
    ['contentVisibility', 1],
    ['defer', 1],
    ['full', 0]
  ])(
    'does not wait for an idle browser where cells are attached by and by: %s',
    async (windowingMode, times) => {
      const { panel, content, cell } = setUp({ windowingMode });
      cell.isAway = true;
      await reveal(panel, place());
      expect(content.layout.insertWidget).toHaveBeenCalledTimes(times);
      expect(cell.dataset.windowedListIndex).toBe(times ? '1' : undefined);
    }
  );

  it('goes to the notebook where a finding is in no cell, or the cell is gone', async () => {
    const { panel, content } = setUp();
    await reveal(panel, { ...place(), cell: null });
    await reveal(panel, { ...place(), cell: { ...wireCell(1), id: 'gone' } });
    expect(content.activate).toHaveBeenCalledTimes(2);
    await reveal(panel, { ...place(), cell: null }, true);
    expect(content.activate).toHaveBeenCalledTimes(2);
    expect(content.activeCellIndex).toBe(0);
  });

  it('goes on where the list refuses to scroll', async () => {
    const { panel, content, cell } = setUp();
    content.scrollToItem.mockRejectedValue(new Error('not now'));
    await reveal(panel, place());
    expect(cell.editor.focus).toHaveBeenCalledOnce();
  });

  it('takes no focus where it is to stay, or somebody has gone on', async () => {
    const { panel, content, cell, elsewhere } = setUp();
    elsewhere.focus();
    await reveal(panel, place(), true);
    expect([document.activeElement, content.mode]).toEqual([elsewhere, 'command']);
    expect(cell.editor.setSelection).toHaveBeenCalledOnce();
    elsewhere.blur();
    let arrive = (): void => undefined;
    cell.ready = new Promise(resolve => (arrive = resolve));
    const revealed = reveal(panel, place());
    elsewhere.focus();
    arrive();
    await revealed;
    expect([document.activeElement, content.mode]).toEqual([elsewhere, 'command']);
  });

  it('leaves somebody alone who has chosen another cell meanwhile', async () => {
    const { panel, content, cell } = setUp();
    let arrive = (): void => undefined;
    cell.ready = new Promise(resolve => (arrive = resolve));
    const revealed = reveal(panel, place());
    content.activeCellIndex = 0;
    arrive();
    await revealed;
    expect(cell.editor.setSelection).not.toHaveBeenCalled();
  });
});
