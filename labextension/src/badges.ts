/** Small labels on outputs and rendered text, where no editor can show a card. All text is set as text. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { levelOf } from './findings';
import { visible } from './panel/text';
import type { Mark } from './tokens';

export const BADGE = 'jp-mlsecops-badge';
export const BADGED = 'jp-mod-mlsecops-badged';

export interface BadgeActions {
  show(mark: Mark): void;
  /** Clear the output; null where the badge is on no output. */
  clear: (() => void) | null;
}

/** Put the badge of some marks on a node, in place of the one that is there; without marks there is none. */
export function setBadge(
  node: HTMLElement,
  marks: readonly Mark[],
  actions: BadgeActions,
  trans: TranslationBundle
): void {
  const old = [...node.children].find(child => child.classList.contains(BADGE)) as HTMLElement | undefined;
  const key = marks.map(mark => mark.key + mark.message).join('\n');
  if (old?.dataset.marks === key) {
    return;
  }
  old?.remove();
  node.classList.toggle(BADGED, marks.length > 0);
  if (marks.length > 0) {
    const badge = create(marks, actions, trans);
    badge.dataset.marks = key;
    node.append(badge);
  }
}

function create(marks: readonly Mark[], actions: BadgeActions, trans: TranslationBundle): HTMLElement {
  const [first] = marks;
  const badge = document.createElement('div');
  badge.className = BADGE;
  badge.dataset.level = levelOf(marks);
  const title = visible(first.title);
  const label = button(marks.length > 1 ? trans.__('%1, and %2 more', title, marks.length - 1) : title, () =>
    actions.show(first)
  );
  label.title = marks.map(mark => visible(mark.message)).join('\n');
  badge.append(label);
  if (actions.clear) {
    badge.append(button(trans.__('Clear this output'), actions.clear));
  }
  return badge;
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const node = document.createElement('button');
  node.type = 'button';
  node.textContent = text;
  node.addEventListener('click', event => {
    event.stopPropagation();
    onClick();
  });
  return node;
}
