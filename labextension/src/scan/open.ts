/** From a finding of a folder scan to the place itself. */
import { NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import type { Finding } from '../protocol';
import type { Place } from '../tokens';
import { reveal } from '../reveal';

const OPEN = 'docmanager:open';
const GO_TO_LINE = 'fileeditor:go-to-line';

/** Open the file at a contents path and go to the finding in it, as far as the application lets us. */
export async function openAt(commands: CommandRegistry, path: string, finding: Finding): Promise<void> {
  const widget: unknown = await commands.execute(OPEN, { path });
  // Notebook 7 opens another browser tab: there is no widget to go on with.
  if (widget instanceof NotebookPanel) {
    await widget.context.ready;
    await widget.revealed;
    await reveal(widget, withId(widget, finding));
  } else if (widget && commands.hasCommand(GO_TO_LINE)) {
    const { line, column } = (finding.file_range ?? finding.range).start;
    await commands.execute(GO_TO_LINE, { line, column });
  }
}

/** The place as this notebook names it: a file without cell ids gets some when it is opened. */
function withId({ model }: NotebookPanel, { cell, part, range }: Finding): Place {
  const isNamed = cell?.id != null || !cell || !model || cell.index >= model.cells.length;
  return { cell: isNamed ? cell : { ...cell, id: model.cells.get(cell.index).id }, part, range };
}
