/** How the current notebook stands, in words: nothing found, not scanned, scanning, too large, off, no server. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { INotebookFindings } from '../tokens';
import { countsInWords } from './levels';
import type { PanelModel } from './model';
import { Problems, Strip, Telling, type Told } from './telling';
import { visible } from './text';

/** What can be done from here. */
export interface StateActions {
  switchOn(): void;
}

interface StateProps {
  readonly model: PanelModel;
  readonly actions: StateActions;
  readonly trans: TranslationBundle;
}

/** The body of the panel where there is nothing to list; null where there is. */
export function EmptyState({ model, actions, trans }: StateProps): React.JSX.Element | null {
  return model.shown.length ? null : <Telling {...emptyTold(model, actions, trans)} />;
}

/** Above findings that are older than the notebook, or that are about a part of it only. */
export function Warnings({ model, actions, trans }: StateProps): React.JSX.Element | null {
  const { notebook } = model;
  if (!notebook) {
    return null;
  }
  const { state, findings, problems } = notebook;
  const isOld = findings.length > 0 && state.kind !== 'ready' && state.kind !== 'scanning';
  return (
    <>
      {isOld && <Strip {...stateTold(notebook, actions, trans)} />}
      <Problems problems={problems} trans={trans} />
    </>
  );
}

/** What the live region says: the counts, or why there are none. Nothing while a scan runs. */
export function announcement(model: PanelModel, trans: TranslationBundle): string {
  const { notebook, shown } = model;
  if (!notebook || notebook.state.kind === 'scanning') {
    return '';
  }
  const { findings, counts, state } = notebook;
  if (state.kind !== 'ready' || !findings.length) {
    return stateTold(notebook, { switchOn: () => undefined }, trans).title;
  }
  return `${shownText(shown.length, findings.length, trans)}: ${countsInWords(counts, trans)}`;
}

/** How many findings are shown: “12 findings”, “3 of 12 findings”. */
export function shownText(shown: number, all: number, trans: TranslationBundle): string {
  return shown === all
    ? trans._n('%1 finding', '%1 findings', all)
    : trans._n('%2 of %1 finding', '%2 of %1 findings', all, shown);
}

function emptyTold(model: PanelModel, actions: StateActions, trans: TranslationBundle): Told {
  const { notebook } = model;
  if (!notebook) {
    return {
      kind: 'no-notebook',
      title: trans.__('No notebook'),
      lines: [trans.__('Open a notebook to see its security findings.')]
    };
  }
  if (!notebook.findings.length) {
    return stateTold(notebook, actions, trans);
  }
  return allHidden(() => {
    model.clearFilter();
    model.focus();
  }, trans);
}

/** Findings are there, but the filter lets none through. */
export function allHidden(clear: () => void, trans: TranslationBundle): Told {
  return {
    kind: 'hidden',
    title: trans.__('The filter hides all findings'),
    button: { label: trans.__('Clear the filter'), run: clear }
  };
}

function stateTold(notebook: INotebookFindings, actions: StateActions, trans: TranslationBundle): Told {
  const { state, problems, silenced } = notebook;
  const { kind } = state;
  const rescan = () => void notebook.rescan();
  switch (kind) {
    case 'not-scanned':
      return {
        kind,
        title: trans.__('Not scanned yet'),
        button: { label: trans.__('Scan now'), run: rescan }
      };
    case 'scanning':
      return { kind, title: trans.__('Scanning…') };
    case 'too-large':
      return {
        kind,
        title: trans.__('Too large to be scanned'),
        lines: [
          visible(state.message),
          trans.__('Outputs are often the reason: clear those that nobody needs, then try again.')
        ],
        button: { label: trans.__('Try again'), run: rescan }
      };
    case 'server-missing':
      return {
        kind,
        title: trans.__('No answer from the server'),
        lines: [visible(state.message), <HowToInstall key="how" trans={trans} />],
        button: { label: trans.__('Try again'), run: rescan }
      };
    case 'off':
      return {
        kind,
        title: trans.__('Scanning is switched off'),
        lines: [trans.__('Nothing is sent to the server, and nothing is marked.')],
        button: {
          label: trans.__('Switch on'),
          run: () => {
            actions.switchOn();
          }
        }
      };
    case 'ready':
      return nothingFound(problems.length > 0, silenced, trans);
  }
}

function nothingFound(isPartial: boolean, silenced: number, trans: TranslationBundle): Told {
  const lines = silenced ? [trans._n('%1 finding is silenced.', '%1 findings are silenced.', silenced)] : [];
  return isPartial
    ? { kind: 'partial', title: trans.__('Nothing found in what could be checked'), lines }
    : { kind: 'clean', title: trans.__('No findings'), lines };
}

/** Commands are the same in every language. */
const INSTALL = 'pip install "jupyter-mlsecops[lab]"';
const LIST = 'jupyter server extension list';

function HowToInstall({ trans }: { trans: TranslationBundle }): React.JSX.Element {
  return (
    <>
      {trans.__('Notebooks are checked by an extension of Jupyter Server. To install it where Jupyter runs:')}
      <code>{INSTALL}</code>
      {trans.__('Then restart Jupyter. What is installed and enabled there is listed by:')}
      <code>{LIST}</code>
    </>
  );
}
