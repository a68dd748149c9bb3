/** Provides the findings of open notebooks and the server's routes. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from '../api';
import { SecuritySettings } from '../settings';
import { SecurityFindings } from '../store';
import { ISecurityFindings, PLUGIN_ID, TRANSLATION_DOMAIN } from '../tokens';

export const storePlugin: JupyterFrontEndPlugin<ISecurityFindings> = {
  id: PLUGIN_ID,
  description:
    'Keeps the security findings of open notebooks up to date; its settings are those of all parts.',
  autoStart: true,
  provides: ISecurityFindings,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ): ISecurityFindings => {
    const { contents, serverSettings } = app.serviceManager;
    const settings = new SecuritySettings();
    registry
      ?.load(PLUGIN_ID)
      .then(loaded => settings.connect(loaded))
      .catch((error: unknown) => console.warn(`${PLUGIN_ID}: no settings`, error));
    return new SecurityFindings({
      tracker,
      api: new Api(serverSettings),
      settings,
      trans: (translator ?? nullTranslator).load(TRANSLATION_DOMAIN),
      localPath: path => contents.localPath(path)
    });
  }
};
