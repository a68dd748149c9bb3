/** Goes to a place of a notebook, wherever it is hidden. */
import type { Cell, CodeCell, MarkdownCell } from '@jupyterlab/cells';
import { NotebookActions } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { outputOf } from './edits';
import { indexOf } from './navigation';
import { TextPositions, withLineFeeds } from './positions';
import type { Place } from './tokens';

/** How long an output that was gone to stands out, in milliseconds. */
const FLASH = 1200;

/** Make a place visible, select it where it is text of an editor, and give it the focus. */
export async function reveal(panel: NotebookPanel, place: Place): Promise<void> {
  const notebook = panel.content;
  const index = place.cell ? indexOf(panel, place.cell) : -1;
  if (index < 0) {
    notebook.activate();
    return;
  }
  if (notebook.widgets[index].isHidden) {
    // It stands below a collapsed heading, and cannot be scrolled to.
    NotebookActions.expandParent(notebook.widgets[index], notebook);
  }
  notebook.deselectAll();
  notebook.activeCellIndex = index;
  // Cells far away are not attached yet; a windowed list may refuse where it is being laid out.
  await notebook.scrollToItem(index, 'smart').catch(() => undefined);
  const cell = notebook.widgets[index];
  await cell.ready;
  if (notebook.activeCell !== cell) {
    return; // That took long, and the user has gone elsewhere.
  }
  const output = outputOf(place.part);
  if (output !== null) {
    showOutput(cell as CodeCell, output);
    notebook.mode = 'command';
    notebook.activate();
  } else if (place.part === '/source') {
    select(cell, place);
    notebook.mode = 'edit';
    cell.editor?.focus();
  } else {
    notebook.mode = 'command';
    notebook.activate();
  }
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
