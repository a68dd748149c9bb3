/** The plugin that scans folders. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory } from '@jupyterlab/filebrowser';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { shieldIcon } from '../icons';
import { CommandIDs, TRANSLATION_DOMAIN } from '../tokens';
import type { ScanTabs } from './tabs';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:scan',
  description: 'Scans a folder for security findings and lists them in a tab.',
  autoStart: true,
  optional: [ITranslator, ICommandPalette, IFileBrowserFactory],
  activate: (
    app: JupyterFrontEnd,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    browsers: IFileBrowserFactory | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    let tabs: Promise<ScanTabs> | null = null;
    app.commands.addCommand(CommandIDs.scanFolder, {
      label: trans.__('Scan Folder for Security Findings'),
      caption: trans.__('Scan all notebooks of a folder and of the folders in it'),
      icon: shieldIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: {
              type: 'string',
              description: trans.__('The folder; without it the one in the file browser')
            }
          }
        }
      },
      execute: async args => {
        const path = typeof args.path === 'string' ? args.path : chosenFolder(browsers);
        // Most sessions never scan a folder.
        tabs ??= import('./tabs').then(module => new module.ScanTabs(app, trans));
        (await tabs).scan(path);
      }
    });
    palette?.addItem({ command: CommandIDs.scanFolder, category: trans.__('Security') });
  }
};

/** The folder that is selected in the file browser, or the one that it shows. */
function chosenFolder(browsers: IFileBrowserFactory | null): string {
  const browser = browsers?.tracker.currentWidget;
  for (const item of browser?.selectedItems() ?? []) {
    if (item.type === 'directory') {
      return item.path;
    }
  }
  return browser?.model.path ?? '';
}

export default plugin;
