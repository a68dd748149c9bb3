/** What the panel remembers from one visit of the page to the next: how findings are grouped, and the levels left out. */
import type { IStateDB } from '@jupyterlab/statedb';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import { LEVELS } from '../tokens';
import { GROUPINGS } from './groups';
import type { PanelModel } from './model';

const KEY = 'jupyter-mlsecops:panel';

/** Show the panel as it was left, and keep in mind how it is left from now on. */
export async function remember(model: PanelModel, state: Pick<IStateDB, 'fetch' | 'save'>): Promise<void> {
  restore(model, await state.fetch(KEY));
  let last = JSON.stringify(viewOf(model));
  model.changed.connect(() => {
    const view = viewOf(model);
    const now = JSON.stringify(view);
    if (now !== last) {
      last = now;
      void state.save(KEY, view);
    }
  });
}

function viewOf({ grouping, filter }: PanelModel): { grouping: string; hidden: string[] } {
  return { grouping, hidden: LEVELS.filter(level => filter.hidden.has(level)) };
}

/** Another version may have written it: what is not known is passed over. */
function restore(model: PanelModel, stored: ReadonlyPartialJSONValue | undefined): void {
  const { grouping, hidden } = (stored ?? {}) as { grouping?: unknown; hidden?: unknown };
  const known = GROUPINGS.find(each => each === grouping);
  if (known) {
    model.setGrouping(known);
  }
  for (const level of LEVELS) {
    if (Array.isArray(hidden) && hidden.includes(level) && !model.filter.hidden.has(level)) {
      model.toggleLevel(level);
    }
  }
}
