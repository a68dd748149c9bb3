/** Marks findings in editors, outputs and rendered text. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IEditorExtensionRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { cardActions } from '../actions';
import { NotebookDecorations } from '../decorations';
import { editorExtension } from '../editor';
import { Highlighter } from '../highlights';
import type { SecurityFindings } from '../store';
import { IFixer, ISecurityFindings, TRANSLATION_DOMAIN } from '../tokens';

export const editorPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:editor',
  description: 'Marks security findings in the editors of cells.',
  autoStart: true,
  requires: [ISecurityFindings, IFixer, INotebookTracker, IEditorExtensionRegistry],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    findings: ISecurityFindings,
    fixer: IFixer,
    tracker: INotebookTracker,
    registry: IEditorExtensionRegistry,
    translator: ITranslator | null
  ): void => {
    registry.addExtension(
      editorExtension({
        store: findings as SecurityFindings,
        settings: findings.settings,
        actions: cardActions(app.commands, findings, fixer, tracker),
        trans: (translator ?? nullTranslator).load(TRANSLATION_DOMAIN)
      })
    );
  }
};

export const decorationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:decorations',
  description: 'Marks security findings in outputs, in rendered Markdown and beside cells.',
  autoStart: true,
  requires: [ISecurityFindings, IFixer, INotebookTracker],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    findings: ISecurityFindings,
    fixer: IFixer,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const highlighter = new Highlighter();
    const store = findings as SecurityFindings;
    const { show } = cardActions(app.commands, findings, fixer, tracker);
    const decorate = async (panel: NotebookPanel): Promise<void> => {
      await panel.context.ready;
      const notebook = panel.isDisposed ? undefined : panel.model?.sharedModel;
      const found = notebook && store.of(notebook);
      if (notebook && found) {
        const clear = (cellId: string, part: string): void => {
          void fixer.clearOutput(panel, cellId, part);
        };
        const decorations = new NotebookDecorations({
          panel,
          findings: found,
          highlighter,
          trans,
          show,
          clear
        });
        panel.disposed.connect(() => decorations.dispose());
      }
    };
    tracker.widgetAdded.connect((_, panel) => void decorate(panel));
    tracker.forEach(panel => void decorate(panel));
  }
};
