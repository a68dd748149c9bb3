/** Goes to a place of a notebook, wherever it is hidden. */
import type { Cell, CodeCell, MarkdownCell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { outputOf } from './edits';
import { indexOf } from './navigation';
import { TextPositions, withLineFeeds } from './positions';
import type { Place } from './tokens';

/** How long an output that was gone to stands out, in milliseconds. */
const FLASH = 1200;

/**
 * Make a place visible and select it where it is text of an editor. It gets the focus unless `stay` says that the focus
 * is to be left where it is, or the user has taken it elsewhere meanwhile: what is typed there must not go to the notebook.
 */
export async function reveal(panel: NotebookPanel, place: Place, stay = false): Promise<void> {
  const notebook = panel.content;
  const before = document.activeElement;
  const index = place.cell ? indexOf(panel, place.cell) : -1;
  if (index < 0) {
    if (!stay) {
      notebook.activate();
    }
    return;
  }
  if (notebook.widgets[index].isHidden) {
    // It stands below a collapsed heading, and cannot be scrolled to.
    NotebookActions.expandParent(notebook.widgets[index], notebook);
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  attach(notebook, index);
  // A windowed list may refuse where it is being laid out.
  await notebook.scrollToItem(index, 'smart').catch(() => undefined);
  const cell = notebook.widgets[index];
  await cell.ready;
  if (notebook.activeCell !== cell) {
    return; // That took long, and the user has gone elsewhere.
  }
  const output = outputOf(place.part);
  if (output !== null) {
    showOutput(cell as CodeCell, output);
  } else if (place.part === '/source') {
    select(cell, place);
  }
  if (!stay && isLeft(before, panel)) {
    const isText = place.part === '/source';
    notebook.mode = isText ? 'edit' : 'command';
    if (isText) {
      cell.editor?.focus();
    } else {
      notebook.activate();
    }
  }
}

/** Lab attaches cells far away when the browser is idle, which can take many seconds: this one is wanted now. */
function attach(notebook: Notebook, index: number): void {
  const cell = notebook.widgets[index];
  // A windowed list attaches what it scrolls to by itself, and takes the rest away again.
  if (cell.isPlaceholder() && notebook.notebookConfig.windowingMode !== 'full') {
    // The layout finds a cell's neighbours by it.
    cell.dataset.windowedListIndex = String(index);
    notebook.layout.insertWidget(index, cell);
  }
}

/** Whether the focus is still where it was, or in the notebook, or nowhere: what had it may have been drawn away. */
function isLeft(before: Element | null, panel: NotebookPanel): boolean {
  const { activeElement } = document;
  return activeElement === before || activeElement === document.body || panel.node.contains(activeElement);
}

function select(cell: Cell, place: Place): void {
  cell.inputHidden = false;
  if (cell.model.type === 'markdown') {
    (cell as MarkdownCell).rendered = false;
  }
  const { editor } = cell;
  if (!editor) {
    return;
  }
  const text = withLineFeeds(editor.model.sharedModel.getSource());
  const { from, to } = new TextPositions(text).span(place.range);
  const start = editor.getPositionAt(from);
  const end = editor.getPositionAt(to);
  if (start && end) {
    editor.setSelection({ start, end });
    editor.revealSelection({ start, end });
  }
}

function showOutput(cell: CodeCell, index: number): void {
  cell.outputHidden = false;
  const node = cell.outputArea.widgets.at(index)?.node ?? cell.outputArea.node;
  node.scrollIntoView({ block: 'nearest' });
  node.classList.add('jp-mlsecops-flash');
  setTimeout(() => node.classList.remove('jp-mlsecops-flash'), FLASH);
}
