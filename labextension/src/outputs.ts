/** The text of outputs as the wire numbers it. */
import { outputOf } from './edits';
import { TextPositions } from './positions';
import type { CellModel } from './protocol';
import type { Mark } from './tokens';

/** What colours a terminal's text, and is not shown. */
// eslint-disable-next-line no-control-regex
const ANSI = /\u001b\[[0-9;]*[A-Za-z]/g;

/** The very text of a mark; empty where its part is not one of plain text that can be found on the page. */
export function textOf(mark: Mark, cell: CellModel): string {
  const { part, range } = mark.place;
  const text = part === '/source' ? (cell.source as string) : outputText(part, cell);
  if (text === undefined) {
    return '';
  }
  const { from, to } = new TextPositions(text).span(range);
  return text.slice(from, to).replace(ANSI, '');
}

function outputText(part: string, cell: CellModel): string | undefined {
  const index = outputOf(part);
  const output = index === null ? undefined : (cell.outputs?.[index] as Record<string, unknown> | undefined);
  const [field, ...keys] = part.split('/').slice(3).map(unescaped);
  let value = output?.[field];
  for (const key of keys) {
    value = typeof value === 'object' && value !== null && !isLines(value) ? at(value, key) : value;
  }
  return field === 'traceback' ? joined(value, '\n') : joined(value, '');
}

function at(value: object, key: string): unknown {
  return (value as Record<string, unknown>)[key];
}

function isLines(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(line => typeof line === 'string');
}

function joined(value: unknown, between: string): string | undefined {
  return isLines(value) ? value.join(between) : typeof value === 'string' ? value : undefined;
}

function unescaped(step: string): string {
  return step.replace(/~1/g, '/').replace(/~0/g, '~');
}
