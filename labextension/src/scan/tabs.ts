/** The tabs of folder scans. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { TabPanel, type Widget } from '@lumino/widgets';
import { Api } from '../api';
import { shieldIcon } from '../icons';
import { visible } from '../panel/text';
import type { Finding } from '../protocol';
import { ScanModel } from './model';
import { openAt } from './open';
import { ScanView } from './view';

/** One tab for each folder; scanning it again uses the tab that is there. */
export class ScanTabs {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _trans: TranslationBundle
  ) {}

  /** Scan the folder at a contents path, which may name a drive. */
  scan(path: string): void {
    const tab = this._tabs.get(path) ?? this._add(path);
    void tab.content.model.start();
    this._app.shell.activateById(tab.id);
  }

  private _add(path: string): MainAreaWidget<ScanView> {
    const { contents, serverSettings } = this._app.serviceManager;
    const drive = contents.driveName(path);
    const open = (finding: Finding) =>
      openAt(this._app.commands, drive ? `${drive}:${finding.path}` : finding.path, finding);
    const model = new ScanModel(contents.localPath(path), new Api(serverSettings));
    const tab = new MainAreaWidget({ content: new ScanView(model, open, this._trans) });
    tab.toolbar.hide();
    tab.id = `jp-mlsecops-scan-${this._count++}`;
    tab.title.icon = shieldIcon;
    tab.title.label = visible(PathExt.basename(model.path)) || this._trans.__('All files');
    tab.title.caption = this._trans.__('Security findings in /%1', visible(model.path));
    this._tabs.set(path, tab);
    tab.disposed.connect(() => this._tabs.delete(path));
    addToMainArea(this._app, tab);
    return tab;
  }

  private _count = 0;
  private readonly _tabs = new Map<string, MainAreaWidget<ScanView>>();
}

/** Notebook 7 has room for one widget in its main area; where that is a panel of tabs, ours becomes one of them. */
function addToMainArea({ shell }: JupyterFrontEnd, widget: Widget): void {
  shell.add(widget, 'main');
  if (widget.isAttached) {
    return;
  }
  for (const main of shell.widgets('main')) {
    if (main instanceof TabPanel) {
      main.addWidget(widget);
      main.currentWidget = widget;
      return;
    }
  }
  // Below a notebook a widget gets no more height than it insists on.
  widget.addClass('jp-mlsecops-scanBelow');
  shell.add(widget, 'down');
}
