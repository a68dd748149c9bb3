/** Whether somebody has said that a notebook's code may run. */
import type { INotebookModel } from '@jupyterlab/notebook';

/** As Lab's own indicator counts: every code cell is trusted. */
export function isTrusted(model: INotebookModel): boolean {
  for (const cell of model.cells) {
    if (cell.type === 'code' && !cell.trusted) {
      return false;
    }
  }
  return true;
}
