/** The plugin of the panel in the right sidebar. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { shieldIcon } from '../icons';
import { CommandIDs, IFixer, ISecurityFindings, TRANSLATION_DOMAIN } from '../tokens';
import { NotebookActions } from './actions';
import { remember } from './memory';
import { PanelModel } from './model';
import { FindingsPanel } from './panel';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:panel',
  description: 'Lists the security findings of the current notebook in the right sidebar.',
  autoStart: true,
  requires: [ISecurityFindings, IFixer, INotebookTracker],
  optional: [ITranslator, ICommandPalette, ILayoutRestorer, IStateDB],
  activate: (
    app: JupyterFrontEnd,
    findings: ISecurityFindings,
    fixer: IFixer,
    tracker: INotebookTracker,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    state: IStateDB | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const model = new PanelModel(findings);
    const actions = new NotebookActions(tracker, fixer, findings.settings, app.commands);
    const panel = new FindingsPanel(model, actions, trans);
    panel.title.icon = shieldIcon;
    panel.title.caption = trans.__('Security findings');
    app.shell.add(panel, 'right', { rank: 850, type: 'Security' });
    restorer?.add(panel, panel.id);
    if (state) {
      void remember(model, state);
    }

    app.commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Security Findings'),
      caption: trans.__('Show the security findings of the current notebook'),
      icon: shieldIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: { key: { type: 'string', description: trans.__('The key of a finding to select') } }
        }
      },
      execute: args => {
        // Notebook 7.2 hides a panel that is shown when it is activated by its id.
        if (panel.isVisible) {
          panel.activate();
        } else {
          app.shell.activateById(panel.id);
        }
        if (typeof args.key === 'string') {
          model.select(args.key);
        }
      }
    });
    palette?.addItem({ command: CommandIDs.showPanel, category: trans.__('Security') });
  }
};

export default plugin;
