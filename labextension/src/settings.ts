/** The user's settings, with the schema's defaults until they are loaded. */
import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { ReadonlyPartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import type { ISignal } from '@lumino/signaling';
import schema from '../schema/plugin.json';
import type { Level } from './protocol';
import type { ISecuritySettings, SettingValues } from './tokens';

/** What counts where there is no setting registry, and until it has answered. */
const DEFAULTS = Object.fromEntries(
  Object.entries(schema.properties).map(([name, property]) => [name, property.default])
) as unknown as Readonly<SettingValues>;

export class SecuritySettings implements ISecuritySettings, IDisposable {
  get enabled(): boolean {
    return this._value('enabled');
  }
  get delay(): number {
    return this._value('delay');
  }
  get minimumSeverity(): Level {
    return this._value('minimumSeverity');
  }
  get ignoredRules(): string[] {
    return this._value('ignoredRules');
  }
  get ignoredInNotebook(): Record<string, string[]> {
    return this._value('ignoredInNotebook');
  }
  get outputs(): boolean {
    return this._value('outputs');
  }
  get gutter(): boolean {
    return this._value('gutter');
  }
  get notice(): SettingValues['notice'] {
    return this._value('notice');
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Take the values from the registry from now on. */
  connect(loaded: ISettingRegistry.ISettings): void {
    this._loaded = loaded;
    loaded.changed.connect(this._onChanged, this);
    this._onChanged();
  }

  async set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): Promise<void> {
    if (this._loaded) {
      // The signal follows from the registry.
      await this._loaded.set(name, value);
    } else {
      this._own = { ...this._own, [name]: value };
      this._onChanged();
    }
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _value<K extends keyof SettingValues>(name: K): SettingValues[K] {
    const set: ReadonlyPartialJSONValue | undefined = this._loaded?.composite[name];
    // The registry has validated it against the schema.
    return (set as SettingValues[K] | undefined) ?? this._own[name];
  }

  private _onChanged(): void {
    this._changed.emit();
  }

  private _loaded: ISettingRegistry.ISettings | null = null;
  private _own: Readonly<SettingValues> = DEFAULTS;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}
