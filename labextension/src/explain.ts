/** A rule's own page in a dialog. */
import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { IApi } from './api';
import type { RulePage } from './protocol';

/** Show what a rule says of itself: it is the server's own text, and its links open beside Lab. */
export async function explain(
  rule: string,
  api: Pick<IApi, 'rule'>,
  rendermime: IRenderMimeRegistry | null,
  trans: TranslationBundle
): Promise<void> {
  const page = await api.rule(rule);
  const body = await asWidget(page, rendermime);
  body.addClass('jp-mlsecops-rule');
  await showDialog({
    title: page.id,
    body,
    buttons: [Dialog.cancelButton({ label: trans.__('Close') })]
  });
}

async function asWidget(page: RulePage, rendermime: IRenderMimeRegistry | null): Promise<Widget> {
  if (!rendermime) {
    const plain = new Widget({ node: document.createElement('pre') });
    plain.node.textContent = page.documentation;
    return plain;
  }
  const renderer = rendermime.createRenderer('text/markdown');
  const model = rendermime.createModel({ data: { 'text/markdown': page.documentation }, trusted: false });
  await renderer.renderModel(model);
  return renderer;
}
