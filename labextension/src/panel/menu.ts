/** What can be done about a finding, as a menu. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import type { EditorFinding, Fix, Ignore } from '../protocol';
import type { Place } from '../tokens';
import { visible } from './text';

/** What the panel asks others to do. */
export interface FindingActions {
  /** Go to a place in the notebook, or only show it and `stay` here; resolves when it is in view. */
  go(place: Place, stay?: boolean): Promise<void>;
  apply(finding: EditorFinding, fix: Fix): Promise<unknown>;
  ignore(finding: EditorFinding, ignore: Ignore): Promise<unknown>;
  pin(finding: EditorFinding): Promise<unknown>;
  /** Show the page of the finding's rule. */
  explain(finding: EditorFinding): void;
  copy(text: string): void;
}

/** A line of the menu; null is a rule between groups of lines. */
export type Entry = { readonly label: string; readonly run: () => unknown } | null;

/** The lines of the menu for a place of a finding, whose own fixes they offer. */
export function entriesFor(
  finding: EditorFinding,
  place: Place & { readonly fixes: readonly Fix[]; readonly message: string },
  actions: FindingActions,
  trans: TranslationBundle
): Entry[] {
  const { pin, ignores } = finding;
  const mendings = place.fixes
    // What is written by hand is done by the pin where there is one.
    .filter(fix => fix.edits.length > 0 || !pin)
    .map(fix => fixEntry(finding, fix, actions, trans));
  const pins = pin ? [{ label: trans.__('Pin to what is installed'), run: () => actions.pin(finding) }] : [];
  const silences = ignores.map(ignore => ({
    label: visible(ignore.title),
    run: () => actions.ignore(finding, ignore)
  }));
  return separated([
    [...mendings, ...pins],
    silences,
    [
      { label: trans.__('Go to the place'), run: () => actions.go(place) },
      { label: trans.__('Explain this rule'), run: () => actions.explain(finding) },
      { label: trans.__('Copy the message'), run: () => actions.copy(visible(place.message)) }
    ]
  ]);
}

function fixEntry(
  finding: EditorFinding,
  fix: Fix,
  actions: FindingActions,
  trans: TranslationBundle
): Entry {
  const title = visible(fix.title);
  if (!fix.edits.length) {
    // Nobody can write this but the user; the rule's page says how.
    return { label: trans.__('By hand: %1', title), run: () => actions.explain(finding) };
  }
  const label = fix.safety === 'safe' ? title : trans.__('%1 (may change what the code does)', title);
  return { label, run: () => actions.apply(finding, fix) };
}

function separated(groups: Entry[][]): Entry[] {
  return groups.filter(group => group.length).flatMap((group, index) => (index ? [null, ...group] : group));
}

/** Open a menu at a point of the window; `closed` is called before what was chosen is run. */
export function openMenu(
  entries: readonly Entry[],
  at: { readonly x: number; readonly y: number },
  label: string,
  closed: () => void
): Menu {
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  menu.addClass('jp-mlsecops-menu');
  menu.node.setAttribute('aria-label', label);
  entries.forEach((entry, index) => {
    if (entry) {
      const command = `jupyter-mlsecops-menu:${index}`;
      commands.addCommand(command, {
        label: entry.label,
        describedBy: { args: { type: 'object', properties: {} } },
        execute: () => entry.run()
      });
      menu.addItem({ command });
    } else {
      menu.addItem({ type: 'separator' });
    }
  });
  menu.aboutToClose.connect(() => {
    closed();
    // What was chosen runs after the menu has closed.
    setTimeout(() => menu.dispose());
  });
  menu.open(at.x, at.y);
  return menu;
}
