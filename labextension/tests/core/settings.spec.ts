import { Signal } from '@lumino/signaling';
import { describe, expect, it, vi } from 'vitest';
import schema from '../../schema/plugin.json';
import { SecuritySettings } from '../../src/settings';

describe('settings', () => {
  it('have the defaults of the schema until they are loaded', () => {
    const settings = new SecuritySettings();
    for (const [name, { default: value }] of Object.entries(schema.properties)) {
      expect(settings[name as keyof SecuritySettings]).toEqual(value);
    }
  });

  it('are those of the registry from then on, and are written there', async () => {
    const loaded = {
      composite: { delay: 7, notice: 'never' },
      changed: new Signal<object, void>({}),
      set: vi.fn(() => Promise.resolve())
    };
    const settings = new SecuritySettings();
    const changed = vi.fn();
    settings.changed.connect(changed);
    settings.connect(loaded as any);
    expect([settings.delay, settings.notice, settings.outputs]).toEqual([7, 'never', true]);
    expect(changed).toHaveBeenCalledOnce();
    await settings.set('delay', 9);
    expect(loaded.set).toHaveBeenCalledExactlyOnceWith('delay', 9);
    loaded.changed.emit();
    expect(changed).toHaveBeenCalledTimes(2);
  });
});
