/** What cards and badges do, for whichever notebook they are in. */
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import type { CardActions } from './card';
import type { EditorFinding } from './protocol';
import { CommandIDs } from './tokens';
import type { IFixer, ISecurityFindings, Mark } from './tokens';

/** The view of a notebook that has the focus, else any. */
export function panelOf(tracker: INotebookTracker, notebook: ISharedNotebook): NotebookPanel | undefined {
  const isOfIt = (panel: NotebookPanel): boolean => panel.model?.sharedModel === notebook;
  const { currentWidget } = tracker;
  return currentWidget && isOfIt(currentWidget) ? currentWidget : tracker.find(isOfIt);
}

export function cardActions(
  commands: CommandRegistry,
  findings: ISecurityFindings,
  fixer: IFixer,
  tracker: INotebookTracker
): CardActions {
  const run = (
    notebook: ISharedNotebook,
    mark: Mark,
    work: (panel: NotebookPanel, finding: EditorFinding) => Promise<unknown>
  ): void => {
    const panel = panelOf(tracker, notebook);
    const finding = findings.of(notebook)?.findings.find(({ key }) => key === mark.key);
    if (panel && finding) {
      void work(panel, finding);
    }
  };
  return {
    apply: (notebook, mark, fix) => run(notebook, mark, (panel, finding) => fixer.apply(panel, finding, fix)),
    ignore: (notebook, mark, ignore) =>
      run(notebook, mark, (panel, finding) => fixer.ignore(panel, finding, ignore)),
    pin: (notebook, mark) => run(notebook, mark, (panel, finding) => fixer.pin(panel, finding)),
    explain: mark => void commands.execute(CommandIDs.explain, { rule: mark.finding.rule }),
    show: mark => void commands.execute(CommandIDs.showPanel, { key: mark.key })
  };
}
