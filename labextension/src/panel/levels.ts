/** Levels in order and in words; everything here that compares or names levels asks this file. */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Level } from '../protocol';
import { LEVELS } from '../tokens';

/** The order in which people want to read. */
export const MOST_SEVERE_FIRST: readonly Level[] = [...LEVELS].reverse();

/** Negative where `left` is the more severe one: for sorting, most severe first. */
export function bySeverity(left: Level, right: Level): number {
  return LEVELS.indexOf(right) - LEVELS.indexOf(left);
}

/** The more severe of two levels. */
export function worse(left: Level, right: Level): Level {
  return bySeverity(left, right) <= 0 ? left : right;
}

/** The most severe of some levels; undefined where there is none. */
export function mostSevere(levels: Iterable<Level>): Level | undefined {
  return [...levels].sort(bySeverity).at(0);
}

/** The levels that occur, most severe first. */
export function occurring(counts: Partial<Record<Level, number>>): Level[] {
  return MOST_SEVERE_FIRST.filter(level => counts[level]);
}

/** How many findings of all levels together. */
export function total(counts: Partial<Record<Level, number>>): number {
  return LEVELS.reduce((sum, level) => sum + (counts[level] ?? 0), 0);
}

/** A level as people call it. */
export function levelName(level: Level, trans: TranslationBundle): string {
  const names: Record<Level, string> = {
    critical: trans.__('Critical'),
    high: trans.__('High'),
    medium: trans.__('Medium'),
    low: trans.__('Low'),
    info: trans.__('Info')
  };
  return names[level];
}

/** Counts in words, such as “2 high, 1 medium”; empty where nothing was found. */
export function countsInWords(counts: Partial<Record<Level, number>>, trans: TranslationBundle): string {
  return occurring(counts)
    .map(level => `${counts[level]} ${levelName(level, trans).toLocaleLowerCase()}`)
    .join(', ');
}

/** The counts of a level and of those above it. */
export function atLeast(
  lowest: Level,
  counts: Partial<Record<Level, number>>
): Partial<Record<Level, number>> {
  const levels = LEVELS.slice(LEVELS.indexOf(lowest));
  return Object.fromEntries(levels.map(level => [level, counts[level] ?? 0]));
}
