/** The plugins of this extension; each can be disabled alone. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import noticePlugin from './notice';
import panelPlugin from './panel';
import { commandsPlugin } from './plugins/commands';
import { fixerPlugin } from './plugins/fixer';
import { decorationsPlugin, editorPlugin } from './plugins/marks';
import { storePlugin } from './plugins/store';
import scanPlugin from './scan';
import statusPlugin from './status';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  storePlugin,
  fixerPlugin,
  editorPlugin,
  decorationsPlugin,
  commandsPlugin,
  panelPlugin,
  statusPlugin,
  noticePlugin,
  scanPlugin
];

export default plugins;
