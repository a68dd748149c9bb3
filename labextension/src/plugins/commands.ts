/** The commands, in the palette and behind the keys and menus of `schema/plugin.json`. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, showErrorMessage } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { Api } from '../api';
import { explain } from '../explain';
import { shieldIcon } from '../icons';
import { neighbour, placesOf, standpoint } from '../navigation';
import { reveal } from '../reveal';
import { CommandIDs, IFixer, ISecurityFindings, TRANSLATION_DOMAIN } from '../tokens';
import type { Place } from '../tokens';

const NO_ARGUMENTS: ReadonlyJSONObject = { type: 'object', properties: {} };

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:commands',
  description:
    'Adds the commands: scan, next and previous finding, fix what is safe, switch on and off, explain a rule.',
  autoStart: true,
  requires: [ISecurityFindings, IFixer, INotebookTracker],
  optional: [ICommandPalette, IRenderMimeRegistry, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    findings: ISecurityFindings,
    fixer: IFixer,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    rendermime: IRenderMimeRegistry | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const { commands, serviceManager } = app;
    const api = new Api(serviceManager.serverSettings);
    const isEnabled = (): boolean => findings.current !== undefined && findings.settings.enabled;
    const last = new WeakMap<NotebookPanel, Place>();

    const goTo = async (step: 1 | -1): Promise<void> => {
      const panel = tracker.currentWidget;
      const places = findings.current ? placesOf(findings.current) : [];
      const place = panel && neighbour(places, standpoint(panel, last.get(panel)), step);
      if (panel && place) {
        last.set(panel, place);
        await reveal(panel, place);
      }
    };

    const add = (id: string, options: CommandRegistry.ICommandOptions): void => {
      commands.addCommand(id, { describedBy: { args: NO_ARGUMENTS }, ...options });
      palette?.addItem({ command: id, category: trans.__('Security') });
    };

    add(CommandIDs.scan, {
      label: trans.__('Scan Notebook for Security Findings'),
      caption: trans.__('Scan the whole notebook again, now'),
      icon: shieldIcon,
      isEnabled,
      execute: () => findings.current?.rescan()
    });
    add(CommandIDs.next, {
      label: trans.__('Next Security Finding'),
      isEnabled,
      execute: () => goTo(1)
    });
    add(CommandIDs.previous, {
      label: trans.__('Previous Security Finding'),
      isEnabled,
      execute: () => goTo(-1)
    });
    add(CommandIDs.fixSafe, {
      label: trans.__('Apply All Safe Security Fixes'),
      caption: trans.__('Apply the fixes of this notebook that cannot change what its code does'),
      isEnabled,
      execute: () => (tracker.currentWidget ? fixer.applyAllSafe(tracker.currentWidget) : 0)
    });
    add(CommandIDs.toggle, {
      label: trans.__('Scan Notebooks for Security Findings While Editing'),
      isToggleable: true,
      isToggled: () => findings.settings.enabled,
      execute: () => findings.settings.set('enabled', !findings.settings.enabled)
    });
    commands.addCommand(CommandIDs.explain, {
      label: trans.__('Explain Security Rule'),
      describedBy: {
        args: {
          type: 'object',
          properties: { rule: { type: 'string', description: trans.__('The id of the rule') } },
          required: ['rule']
        }
      },
      execute: async args => {
        try {
          await explain(args.rule as string, api, rendermime, trans);
        } catch (error) {
          await showErrorMessage(trans.__('The rule cannot be explained'), error as Error);
        }
      }
    });

    const refresh = (): void => {
      for (const id of Object.values(CommandIDs)) {
        if (commands.hasCommand(id)) {
          commands.notifyCommandChanged(id);
        }
      }
    };
    findings.currentChanged.connect(refresh);
    findings.settings.changed.connect(refresh);
  }
};
