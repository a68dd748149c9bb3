/**
 * The keyboard path of the list, as a function from a key to what it means.
 *
 * Up and Down, Page Up and Page Down, Home and End walk; Right opens a branch and then enters it, Left closes it or
 * goes to its heading; `*` opens all headings; Enter goes to the place in the notebook; Space shows the place and
 * stays here; Shift+F10 or the Menu key (a `contextmenu` event, so not seen here) and Alt+Enter open the actions;
 * `/` goes to the filter; Escape goes back to the notebook.
 */
import { isBranch, type Row } from './rows';

/** What a key means. */
export type Intent =
  | { readonly kind: 'focus'; readonly key: string }
  | { readonly kind: 'expand'; readonly key: string; readonly expanded: boolean }
  | { readonly kind: 'expand-all' }
  | { readonly kind: 'open'; readonly key: string; readonly stay: boolean }
  | { readonly kind: 'actions'; readonly key: string }
  | { readonly kind: 'filter' }
  | { readonly kind: 'leave' };

export type Key = Pick<KeyboardEvent, 'key' | 'altKey' | 'ctrlKey' | 'metaKey'>;

const PAGE = 10;

/** What a key pressed on the row at `index` means; null where it is none of ours. */
export function intentOf(pressed: Key, rows: readonly Row[], index: number): Intent | null {
  const row = rows.at(index);
  if (pressed.ctrlKey || pressed.metaKey || !row) {
    return null;
  }
  if (pressed.altKey) {
    return pressed.key === 'Enter' ? { kind: 'actions', key: row.key } : null;
  }
  const to = (target: number): Intent => {
    const within = Math.max(0, Math.min(rows.length - 1, target));
    return { kind: 'focus', key: rows[within].key };
  };
  switch (pressed.key) {
    case 'ArrowDown':
      return to(index + 1);
    case 'ArrowUp':
      return to(index - 1);
    case 'PageDown':
      return to(index + PAGE);
    case 'PageUp':
      return to(index - PAGE);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      return inwards(row, () => to(index + 1));
    case 'ArrowLeft':
      return outwards(row);
    case '*':
      return { kind: 'expand-all' };
    case 'Enter':
      return { kind: 'open', key: row.key, stay: false };
    case ' ':
      return { kind: 'open', key: row.key, stay: true };
    case '/':
      return { kind: 'filter' };
    case 'Escape':
      return { kind: 'leave' };
    default:
      return null;
  }
}

function inwards(row: Row, enter: () => Intent): Intent | null {
  if (!isBranch(row)) {
    return null;
  }
  return row.expanded ? enter() : { kind: 'expand', key: row.key, expanded: true };
}

function outwards(row: Row): Intent | null {
  if (isBranch(row) && row.expanded) {
    return { kind: 'expand', key: row.key, expanded: false };
  }
  return row.parent === null ? null : { kind: 'focus', key: row.parent };
}
