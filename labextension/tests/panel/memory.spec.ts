/** What the panel remembers. */
import './browser';
import type { PartialJSONValue } from '@lumino/coreutils';
import { describe, expect, it, vi } from 'vitest';
import { remember } from '../../src/panel/memory';
import { PanelModel } from '../../src/panel/model';
import { FakeFindings, FakeNotebook, finding } from './fakes';

function setUp(stored?: PartialJSONValue) {
  const model = new PanelModel(new FakeFindings(new FakeNotebook([finding({ severity: 'low' }), finding()])));
  const state = { fetch: vi.fn(() => Promise.resolve(stored)), save: vi.fn(() => Promise.resolve()) };
  return { model, state, remembered: remember(model, state) };
}

describe('the panel', () => {
  it('is shown as it was left', async () => {
    const { model, remembered, state } = setUp({ grouping: 'rule', hidden: ['low'] });
    await remembered;
    expect(model.grouping).toBe('rule');
    expect(model.shown.length).toBe(1);
    expect(state.save).not.toHaveBeenCalled();
  });

  it('keeps in mind what the user chooses, and nothing else', async () => {
    const { model, remembered, state } = setUp();
    await remembered;
    model.setText('some');
    model.activate(model.rows[0].key, false);
    expect(state.save).not.toHaveBeenCalled();
    model.setGrouping('severity');
    model.toggleLevel('info');
    expect(state.save).toHaveBeenLastCalledWith('jupyter-mlsecops:panel', {
      grouping: 'severity',
      hidden: ['info']
    });
  });

  it.each([null, 'nonsense', { grouping: 'moon', hidden: 'low' }, { hidden: ['deadly', 1] }])(
    'passes over what it does not understand: %j',
    async stored => {
      const { model, remembered } = setUp(stored);
      await remembered;
      expect([model.grouping, model.shown.length]).toEqual(['cell', 2]);
    }
  );
});
