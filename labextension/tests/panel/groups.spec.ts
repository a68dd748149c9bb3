import { describe, expect, it } from 'vitest';
import { filtered, grouped } from '../../src/panel/groups';
import type { Level } from '../../src/protocol';
import { finding } from './fakes';

const all = [
  finding({
    key: 'out',
    cell: 1,
    part: '/outputs/0/text',
    severity: 'low',
    rule: 'leak',
    message: 'Key shown'
  }),
  finding({ key: 'late', cell: 1, line: 9, severity: 'info', rule: 'pin' }),
  finding({ key: 'early', cell: 1, line: 2, severity: 'high', rule: 'load', title: 'Unsafe load' }),
  finding({ key: 'meta', cell: null, part: '/metadata/widgets', severity: 'critical', rule: 'leak' }),
  finding({ key: 'first', cell: 0, severity: 'info', rule: 'pin' })
];

const keys = (findings: readonly { key: string }[]) => findings.map(each => each.key);
const filter = (text: string, ...hidden: Level[]) => ({ text, hidden: new Set(hidden) });

describe('filtered', () => {
  it('lets everything through when nothing is asked', () => {
    expect(filtered(all, filter(' '))).toEqual(all);
  });
  it('wants every word, wherever it stands and however it is written', () => {
    expect(keys(filtered(all, filter('LEAK shown')))).toEqual(['out']);
    expect(keys(filtered(all, filter('unsafe load')))).toEqual(['early']);
  });
  it('hides levels', () => {
    expect(keys(filtered(all, filter('', 'info', 'critical')))).toEqual(['out', 'early']);
  });
});

describe('grouped', () => {
  const shape = (by: Parameters<typeof grouped>[1]) =>
    grouped(all, by).map(group => [group.key, keys(group.findings)]);

  it('by cell: as the notebook is read, what belongs to no cell first', () => {
    expect(shape('cell')).toEqual([
      ['cell:', ['meta']],
      ['cell:c0', ['first']],
      ['cell:c1', ['early', 'late', 'out']]
    ]);
  });
  it('by severity: the worst first', () => {
    expect(shape('severity')).toEqual([
      ['severity:critical', ['meta']],
      ['severity:high', ['early']],
      ['severity:low', ['out']],
      ['severity:info', ['first', 'late']]
    ]);
  });
  it('by rule: the worst first', () => {
    expect(shape('rule')).toEqual([
      ['rule:leak', ['meta', 'out']],
      ['rule:load', ['early']],
      ['rule:pin', ['first', 'late']]
    ]);
    expect(grouped(all, 'rule').map(group => group.worst)).toEqual(['critical', 'high', 'info']);
  });
});
