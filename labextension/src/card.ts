/** The card that says what was found, why it matters and what can be done. All text is set as text. */
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { TranslationBundle } from '@jupyterlab/translation';
import { isPossible } from './edits';
import { levelName } from './panel/levels';
import { visible } from './panel/text';
import type { Fix, Ignore } from './protocol';
import type { Mark } from './tokens';

/** What the buttons of a card do. */
export interface CardActions {
  apply(notebook: ISharedNotebook, mark: Mark, fix: Fix): void;
  ignore(notebook: ISharedNotebook, mark: Mark, ignore: Ignore): void;
  pin(notebook: ISharedNotebook, mark: Mark): void;
  explain(mark: Mark): void;
  /** Show it in the panel. */
  show(mark: Mark): void;
}

export interface CardOptions {
  readonly notebook: ISharedNotebook;
  readonly mark: Mark;
  readonly actions: CardActions;
  /** Gives the focus to the text that the card is about: the card goes with what it mends. */
  readonly focusText: () => void;
  readonly trans: TranslationBundle;
}

/** The card of one mark of a notebook. */
export function card(options: CardOptions): HTMLElement {
  const { mark, actions, trans } = options;
  const { finding, title, message } = mark;
  const level = element('span', 'jp-mlsecops-card-level', levelName(finding.severity, trans));
  level.dataset.level = finding.severity;
  const heading = element('div', 'jp-mlsecops-card-title');
  heading.append(level, withCode('strong', '', title));
  const root = element('div', 'jp-mlsecops-card');
  root.append(heading, withCode('div', 'jp-mlsecops-card-message', message));
  root.append(...todos(mark), buttons(options), links(mark, actions, trans));
  root.addEventListener('mousedown', event => {
    // The editor below must not take a press on the card for one on its text.
    event.stopPropagation();
    if ((event.target as Element).closest('button, summary')) {
      // Nor may the editor lose the focus, so that an undo needs no click.
      event.preventDefault();
    }
  });
  return root;
}

/** What only a person can do: it has a title and no edits. Pinning has its own button. */
function todos({ fixes, pin }: Mark): HTMLElement[] {
  return (pin ? [] : fixes)
    .filter(fix => fix.edits.length === 0)
    .map(fix => element('div', 'jp-mlsecops-card-todo', visible(fix.title)));
}

function buttons(options: CardOptions): HTMLElement {
  const { notebook, mark, actions, trans } = options;
  const change = (text: string, run: () => void): HTMLButtonElement =>
    button(text, () => {
      options.focusText();
      run();
    });
  const row = element('div', 'jp-mlsecops-card-buttons');
  for (const fix of mark.fixes) {
    if (fix.edits.length > 0 && fix.edits.every(isPossible)) {
      const each = change(visible(fix.title), () => actions.apply(notebook, mark, fix));
      each.classList.add('jp-mod-accept');
      if (fix.safety !== 'safe') {
        each.title = trans.__('May change what the code does: look at it before you run it.');
      }
      row.append(each);
    }
  }
  if (mark.pin) {
    row.append(change(trans.__('Pin to what is installed'), () => actions.pin(notebook, mark)));
  }
  if (mark.ignores.length > 0) {
    row.append(ignores(mark, trans, change, ignore => actions.ignore(notebook, mark, ignore)));
  }
  return row;
}

function ignores(
  mark: Mark,
  trans: TranslationBundle,
  change: typeof button,
  run: (ignore: Ignore) => void
): HTMLElement {
  const menu = element('details', 'jp-mlsecops-card-ignores');
  menu.append(element('summary', '', trans.__('Ignore…')));
  for (const ignore of mark.ignores) {
    menu.append(change(visible(ignore.title), () => run(ignore)));
  }
  return menu;
}

function links(mark: Mark, actions: CardActions, trans: TranslationBundle): HTMLElement {
  const row = element('div', 'jp-mlsecops-card-links');
  const explain = link(trans.__('About this rule'), () => actions.explain(mark));
  const show = link(trans.__('Show in the panel'), () => actions.show(mark));
  row.append(explain, show, element('code', '', visible(mark.finding.rule)));
  return row;
}

/** A text in which what stands between backticks is code. */
function withCode(tag: 'div' | 'strong', className: string, text: string): HTMLElement {
  const node = element(tag, className);
  // Pairs only: a last one without its partner quotes nothing.
  visible(text)
    .split(/`([^`]*)`/)
    .forEach((piece, index) => node.append(index % 2 === 1 ? element('code', '', piece) : piece));
  return node;
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const node = element('button', 'jp-mlsecops-button', text);
  node.type = 'button';
  node.addEventListener('click', event => {
    event.preventDefault();
    onClick();
  });
  return node;
}

function link(text: string, onClick: () => void): HTMLButtonElement {
  const node = button(text, onClick);
  node.className = 'jp-mlsecops-link';
  return node;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) {
    node.className = className;
  }
  node.textContent = text;
  return node;
}
