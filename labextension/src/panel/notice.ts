/** The notice above a notebook that is not trusted and has findings, and when it is there. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import type { INotebookFindings, ISecurityFindings } from '../tokens';
import { isTrusted } from '../trust';
import { atLeast, countsInWords, total } from './levels';

/** What the user can do about the notice. */
export interface NoticeActions {
  readonly show: () => void;
  readonly dismiss: () => void;
}

/** The bar: a sentence and two buttons. Takes no focus and hides nothing. */
export class NoticeBar extends Widget {
  constructor(trans: TranslationBundle, { show, dismiss }: NoticeActions) {
    super();
    this.addClass('jp-mlsecops-notice');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Security notice'));
    this._text.className = 'jp-mlsecops-noticeText';
    this._text.setAttribute('role', 'alert');
    const dismissButton = button('jp-mlsecops-iconButton', '✕', dismiss);
    dismissButton.setAttribute('aria-label', trans.__('Dismiss'));
    dismissButton.title = trans.__('Dismiss');
    this.node.append(
      mark(),
      this._text,
      button('jp-mlsecops-textButton', trans.__('Show findings'), show),
      dismissButton
    );
  }

  set text(text: string) {
    // Setting the same text again would make screen readers repeat it.
    if (this._text.textContent !== text) {
      this._text.textContent = text;
      this._text.title = text;
    }
  }

  private readonly _text = document.createElement('span');
}

function mark(): HTMLElement {
  const node = document.createElement('span');
  node.className = 'jp-mlsecops-noticeMark';
  node.setAttribute('aria-hidden', 'true');
  return node;
}

function button(className: string, label: string, run: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = className;
  node.textContent = label;
  node.addEventListener('click', run);
  return node;
}

/**
 * Watches one opened notebook: decides at its first result whether to show the bar, and takes it away when the
 * notebook becomes trusted, when nothing of that level is left, or when the user has read it.
 */
export class NoticeWatch {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _findings: INotebookFindings,
    private readonly _source: ISecurityFindings,
    private readonly _trans: TranslationBundle,
    private readonly _show: () => void
  ) {
    _findings.changed.connect(this._update, this);
    _source.settings.changed.connect(this._update, this);
    _panel.model?.contentChanged.connect(this._update, this);
    _panel.disposed.connect(this._stop, this);
    this._update();
  }

  private _update(): void {
    const { state } = this._findings;
    const { notice } = this._source.settings;
    const counts = notice === 'never' ? {} : atLeast(notice, this._findings.counts);
    if (state.kind === 'off' || (state.kind === 'ready' && !total(counts)) || !this._isUntrusted) {
      this._stop();
    } else if (state.kind === 'ready') {
      this._bar ??= this._add();
      this._bar.text = this._trans.__(
        'This notebook is not trusted and has security findings (%1): look before you run it.',
        countsInWords(counts, this._trans)
      );
    }
  }

  private get _isUntrusted(): boolean {
    const { model } = this._panel;
    return model !== null && !isTrusted(model);
  }

  private _add(): NoticeBar {
    const bar = new NoticeBar(this._trans, {
      show: this._show,
      dismiss: () => {
        this._stop();
        this._panel.content.activate();
      }
    });
    this._panel.contentHeader.addWidget(bar);
    return bar;
  }

  /** What the user types into a notebook that was clean when it was opened is not news to them. */
  private _stop(): void {
    this._findings.changed.disconnect(this._update, this);
    this._source.settings.changed.disconnect(this._update, this);
    this._panel.model?.contentChanged.disconnect(this._update, this);
    this._bar?.dispose();
    this._bar = null;
  }

  private _bar: NoticeBar | null = null;
}
