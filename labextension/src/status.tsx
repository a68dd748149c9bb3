/** The item in the status bar: how many findings the current notebook has; a click shows them. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { shieldIcon } from './icons';
import { LevelMark } from './panel/level-mark';
import { countsInWords, occurring, total } from './panel/levels';
import { CommandIDs, type INotebookFindings, ISecurityFindings, TRANSLATION_DOMAIN } from './tokens';

/** Counts by level of the current notebook's findings. */
export class StatusItem extends ReactWidget {
  constructor(
    private readonly _findings: ISecurityFindings,
    private readonly _open: () => void,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-mlsecops-status');
    this.addClass('jp-mod-highlighted');
    _findings.currentChanged.connect(this._follow, this);
    this._follow();
  }

  protected override render(): React.JSX.Element | null {
    const notebook = this._findings.current;
    if (!notebook) {
      return null;
    }
    const words = wordsFor(notebook, this._trans);
    return (
      <button
        type="button"
        className="jp-mlsecops-statusButton"
        data-state={notebook.state.kind}
        title={words}
        aria-label={words}
        onClick={this._open}
      >
        <shieldIcon.react tag="span" stylesheet="statusBar" />
        {occurring(notebook.counts).map(level => (
          <span key={level} className="jp-mlsecops-statusCount">
            <LevelMark level={level} />
            {notebook.counts[level]}
          </span>
        ))}
        {total(notebook.counts) === 0 && notebook.state.kind === 'ready' && <span>0</span>}
      </button>
    );
  }

  private _follow(): void {
    this._notebook?.changed.disconnect(this.update, this);
    this._notebook = this._findings.current;
    this._notebook?.changed.connect(this.update, this);
    this.update();
  }

  private _notebook: INotebookFindings | undefined;
}

/** What the item says to those who point at it or hear it. */
export function wordsFor({ state, counts }: INotebookFindings, trans: TranslationBundle): string {
  switch (state.kind) {
    case 'off':
      return trans.__('Security findings: scanning is switched off');
    case 'server-missing':
      return trans.__('Security findings: no answer from the server');
    case 'too-large':
      return trans.__('Security findings: this notebook is too large to be scanned');
    case 'not-scanned':
      return trans.__('Security findings: not scanned yet');
    case 'scanning':
    case 'ready': {
      const words = countsInWords(counts, trans);
      return words ? trans.__('Security findings: %1', words) : trans.__('No security findings');
    }
  }
}

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-mlsecops:status',
  description: 'Counts the security findings of the current notebook in the status bar.',
  autoStart: true,
  requires: [ISecurityFindings],
  // Notebook 7 has none.
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    findings: ISecurityFindings,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    if (!statusBar) {
      return;
    }
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const open = () => void app.commands.execute(CommandIDs.showPanel);
    statusBar.registerStatusItem('jupyter-mlsecops:status', {
      item: new StatusItem(findings, open, trans),
      align: 'left',
      rank: 900,
      isActive: () => findings.current !== undefined,
      activeStateChanged: findings.currentChanged
    });
  }
};

export default plugin;
