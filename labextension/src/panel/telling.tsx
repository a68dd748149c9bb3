/** What is said where there is no list, or above a list that is not the whole truth. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Problem } from '../protocol';
import { visible } from './text';

/** A title, what it means, and what can be done. */
export interface Told {
  /** For the style sheet and for tests. */
  readonly kind: string;
  readonly title: string;
  readonly lines?: readonly React.ReactNode[];
  readonly button?: { readonly label: string; readonly run: () => void };
}

/** In place of a list. */
export function Telling({ kind, title, lines = [], button }: Told): React.JSX.Element {
  return (
    <div className="jp-mlsecops-state" data-state={kind}>
      <span className="jp-mlsecops-stateMark" aria-hidden="true" />
      <h3>{title}</h3>
      {lines.map((line, index) => (
        <p key={index}>{line}</p>
      ))}
      {button && <TextButton {...button} />}
    </div>
  );
}

/** Above a list; the lines are there for whoever opens it. */
export function Strip({ kind, title, lines = [], button }: Told): React.JSX.Element {
  return (
    <div className="jp-mlsecops-strip" data-state={kind}>
      <details>
        <summary>{title}</summary>
        {lines.map((line, index) => (
          <p key={index}>{line}</p>
        ))}
      </details>
      {button && <TextButton {...button} />}
    </div>
  );
}

/** What could not be checked: an empty list of findings says nothing about it. With paths where there are several files. */
export function Problems(props: {
  problems: readonly Problem[];
  withPaths?: boolean;
  trans: TranslationBundle;
}): React.JSX.Element | null {
  const { problems, withPaths, trans } = props;
  const count = problems.length;
  if (!count) {
    return null;
  }
  return (
    <details className="jp-mlsecops-strip" data-state="problems">
      <summary>{trans._n('%1 thing could not be checked', '%1 things could not be checked', count)}</summary>
      <ul>
        {problems.map((problem, index) => (
          <li key={index}>
            {withPaths && <bdi>{`${visible(problem.path)}: `}</bdi>}
            {problem.cell && `${trans.__('Cell %1', problem.cell.number)}: `}
            {visible(problem.message)}
          </li>
        ))}
      </ul>
    </details>
  );
}

function TextButton({ label, run }: { label: string; run: () => void }): React.JSX.Element {
  return (
    <button type="button" className="jp-mlsecops-textButton" onClick={run}>
      {label}
    </button>
  );
}
