/** Buttons that show and hide levels, each with its count. */
import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Level } from '../protocol';
import { LevelMark } from './level-mark';
import { levelName, MOST_SEVERE_FIRST } from './levels';

export interface LevelFilterProps {
  readonly counts: Partial<Record<Level, number>>;
  readonly hidden: ReadonlySet<Level>;
  readonly toggle: (level: Level) => void;
  readonly trans: TranslationBundle;
}

/** Levels that do not occur are left out, unless they are hidden: then the way back must stay. */
export function LevelFilter({ counts, hidden, toggle, trans }: LevelFilterProps): React.JSX.Element {
  const offered = MOST_SEVERE_FIRST.filter(level => counts[level] || hidden.has(level));
  return (
    <div className="jp-mlsecops-levels" role="group" aria-label={trans.__('Severities shown')}>
      {offered.map(level => (
        <LevelToggle
          key={level}
          level={level}
          count={counts[level] ?? 0}
          isShown={!hidden.has(level)}
          toggle={toggle}
          trans={trans}
        />
      ))}
    </div>
  );
}

interface LevelToggleProps extends Pick<LevelFilterProps, 'toggle' | 'trans'> {
  readonly level: Level;
  readonly count: number;
  readonly isShown: boolean;
}

function LevelToggle({ level, count, isShown, toggle, trans }: LevelToggleProps): React.JSX.Element {
  const name = levelName(level, trans);
  return (
    <button
      type="button"
      className="jp-mlsecops-levelToggle"
      aria-pressed={isShown}
      aria-label={trans._n('%2: %1 finding', '%2: %1 findings', count, name)}
      title={isShown ? trans.__('Hide: %1', name) : trans.__('Show: %1', name)}
      onClick={() => {
        toggle(level);
      }}
    >
      <LevelMark level={level} />
      <span>{count}</span>
    </button>
  );
}
