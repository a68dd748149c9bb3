import { describe, expect, it } from 'vitest';
import { grouped } from '../../src/panel/groups';
import { intentOf, type Key } from '../../src/panel/keyboard';
import { rowsOf } from '../../src/panel/rows';
import { finding, related } from './fakes';

const findings = [
  finding({ key: 'a', cell: 0, related: [related(1)] }),
  finding({ key: 'b', cell: 0, line: 2 }),
  finding({ key: 'c', cell: 1 })
];
const rows = rowsOf(grouped(findings, 'cell'), { closed: new Set(['cell:c1']), opened: new Set() }, 100);
const press = (key: string, index: number, more: Partial<Key> = {}) =>
  intentOf({ key, altKey: false, ctrlKey: false, metaKey: false, ...more }, rows, index);

describe('the keyboard path', () => {
  it('starts from these rows', () => {
    expect(rows.map(row => row.key)).toEqual(['cell:c0', 'a', 'b', 'cell:c1']);
  });

  it.each([
    ['ArrowDown', 0, 'a'],
    ['ArrowDown', 3, 'cell:c1'],
    ['ArrowUp', 0, 'cell:c0'],
    ['ArrowUp', 3, 'b'],
    ['Home', 2, 'cell:c0'],
    ['End', 0, 'cell:c1'],
    ['PageDown', 0, 'cell:c1'],
    ['PageUp', 3, 'cell:c0'],
    ['ArrowRight', 0, 'a'],
    ['ArrowLeft', 2, 'cell:c0']
  ])('%s on row %i leads to %s', (key, index, target) => {
    expect(press(key, index)).toEqual({ kind: 'focus', key: target });
  });

  it('opens and closes branches', () => {
    expect(press('ArrowLeft', 0)).toEqual({ kind: 'expand', key: 'cell:c0', expanded: false });
    expect(press('ArrowRight', 3)).toEqual({ kind: 'expand', key: 'cell:c1', expanded: true });
    expect(press('ArrowRight', 1)).toEqual({ kind: 'expand', key: 'a', expanded: true });
    expect(press('ArrowRight', 2)).toBeNull();
    expect(press('ArrowLeft', 3)).toBeNull();
    expect(press('*', 0)).toEqual({ kind: 'expand-all' });
  });

  it('acts on a row', () => {
    expect(press('Enter', 1)).toEqual({ kind: 'open', key: 'a', stay: false });
    expect(press(' ', 1)).toEqual({ kind: 'open', key: 'a', stay: true });
    expect(press('Enter', 1, { altKey: true })).toEqual({ kind: 'actions', key: 'a' });
    expect(press('Escape', 1)).toEqual({ kind: 'leave' });
    expect(press('/', 1)).toEqual({ kind: 'filter' });
  });

  it("leaves the application's shortcuts alone", () => {
    expect(press('ArrowDown', 0, { ctrlKey: true })).toBeNull();
    expect(press('Home', 0, { metaKey: true })).toBeNull();
    expect(press('ArrowDown', 0, { altKey: true })).toBeNull();
    expect(press('x', 0)).toBeNull();
    expect(press('Tab', 0)).toBeNull();
  });
});
