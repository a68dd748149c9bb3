/** The plugins of this extension; each can be disabled alone. */
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { commandsPlugin } from './plugins/commands';
import { fixerPlugin } from './plugins/fixer';
import { decorationsPlugin, editorPlugin } from './plugins/marks';
import { storePlugin } from './plugins/store';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  storePlugin,
  fixerPlugin,
  editorPlugin,
  decorationsPlugin,
  commandsPlugin
];

export default plugins;
