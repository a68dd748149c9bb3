/** A level as a small sign: shape and colour both tell it, so that neither is needed. */
import * as React from 'react';
import type { Level } from '../protocol';

/** Decoration: whoever draws it says the level in words too. */
export function LevelMark({ level }: { level: Level }): React.JSX.Element {
  return <span className={`jp-mlsecops-levelMark jp-mod-level-${level}`} aria-hidden="true" />;
}
