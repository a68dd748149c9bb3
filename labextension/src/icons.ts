/** Our icon; its class makes it follow the theme. */
import { LabIcon } from '@jupyterlab/ui-components';

const SHIELD =
  '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
  '<path class="jp-icon3 jp-icon-selectable" fill="#616161" fill-rule="evenodd" ' +
  'd="M12 2 4 5v6c0 5 3.4 9.6 8 11 4.6-1.4 8-6 8-11V5zm-1 5h2v6h-2zm0 8h2v2h-2z"/></svg>';

export const shieldIcon = new LabIcon({ name: 'jupyter-mlsecops:shield', svgstr: SHIELD });
