import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import { describe, expect, it, vi } from 'vitest';
import schema from '../../schema/plugin.json';
import { load, SecuritySettings } from '../../src/settings';

describe('settings', () => {
  it('have the defaults of the schema until they are loaded', () => {
    const settings = new SecuritySettings();
    for (const [name, { default: value }] of Object.entries(schema.properties)) {
      expect(settings[name as keyof SecuritySettings]).toEqual(value);
    }
  });

  it.each([
    ['true', JSON.stringify(schema.properties.notice.default)],
    ['false', '"never"']
  ])('bring a notice that was %s up to date', async (was, is) => {
    const registry = registryWith(`{ // mine\n "delay": 1, "notice": ${was} }`);
    await load(registry as unknown as ISettingRegistry, 'us');
    expect(registry.connector.save).toHaveBeenCalledExactlyOnceWith(
      'us',
      `{ // mine\n "delay": 1, "notice": ${is} }`
    );
  });

  it('leave a file alone that is wrong for another reason', async () => {
    const registry = registryWith('{ "delay": true }');
    await expect(load(registry as unknown as ISettingRegistry, 'us')).rejects.toThrow('not valid');
    expect(registry.connector.save).not.toHaveBeenCalled();
  });
});

/** A registry that takes no file with `true` or `false` in it. */
function registryWith(raw: string) {
  const stored = { raw };
  return {
    connector: {
      fetch: vi.fn(() => Promise.resolve(stored)),
      save: vi.fn((_: string, text: string) => {
        stored.raw = text;
        return Promise.resolve();
      })
    },
    load: vi.fn(() =>
      /true|false/.test(stored.raw) ? Promise.reject(new Error('not valid')) : Promise.resolve({})
    )
  };
}
