/** Says, before anything is run, that an untrusted notebook which was just opened has findings, as severe as the user wants. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { NoticeWatch } from './panel/notice';
import { CommandIDs, ISecurityFindings, TRANSLATION_DOMAIN } from './tokens';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:notice',
  description: 'Shows a notice when an untrusted notebook with findings is opened.',
  autoStart: true,
  requires: [ISecurityFindings, INotebookTracker],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    source: ISecurityFindings,
    tracker: INotebookTracker,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const show = () => void app.commands.execute(CommandIDs.showPanel);
    tracker.widgetAdded.connect((_, panel) => {
      void panel.context.ready.then(() => {
        const findings = panel.model ? source.of(panel.model.sharedModel) : undefined;
        if (findings && !panel.isDisposed) {
          new NoticeWatch(panel, findings, source, trans, show);
        }
      });
    });
  }
};

export default plugin;
