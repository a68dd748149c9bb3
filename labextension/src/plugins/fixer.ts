/** Provides the fixer. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Api } from '../api';
import { Fixer } from '../fixer';
import type { Notify } from '../fixer';
import type { SecurityFindings } from '../store';
import { IFixer, ISecurityFindings, TRANSLATION_DOMAIN } from '../tokens';

/** Milliseconds that people have to read: a warning asks for something to be done. */
const SHOWN = { info: 5000, warning: 20_000 };

const notify: Notify = (kind, message) => {
  Notification.emit(message, kind, { autoClose: SHOWN[kind] });
};

export const fixerPlugin: JupyterFrontEndPlugin<IFixer> = {
  id: 'jupyter-mlsecops:fixer',
  description: 'Applies fixes and ignores of security findings.',
  autoStart: true,
  provides: IFixer,
  requires: [ISecurityFindings],
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, findings: ISecurityFindings, translator: ITranslator | null): IFixer => {
    const { contents, serverSettings } = app.serviceManager;
    return new Fixer({
      findings: findings as SecurityFindings,
      settings: findings.settings,
      api: new Api(serverSettings),
      trans: (translator ?? nullTranslator).load(TRANSLATION_DOMAIN),
      notify,
      localPath: path => contents.localPath(path)
    });
  }
};
