/** What the panel does to the notebook, through those who know how. */
import { Clipboard } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { CommandRegistry } from '@lumino/commands';
import type { EditorFinding, Fix, Ignore } from '../protocol';
import { reveal } from '../reveal';
import { CommandIDs, type IFixer, type ISecuritySettings, type Place } from '../tokens';
import type { PanelActions } from './panel';

/** The panel's actions on the notebook that is current when they are called. */
export class NotebookActions implements PanelActions {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _fixer: IFixer,
    private readonly _settings: ISecuritySettings,
    private readonly _commands: CommandRegistry
  ) {}

  get notebookName(): string | null {
    const path = this._tracker.currentWidget?.context.path;
    return path === undefined ? null : PathExt.basename(path);
  }

  get ignoredHere(): readonly string[] {
    const path = this._tracker.currentWidget?.context.path;
    return path === undefined ? [] : (this._settings.ignoredInNotebook[path] ?? []);
  }

  showIgnored(): void {
    const path = this._tracker.currentWidget?.context.path ?? '';
    const others = Object.entries(this._settings.ignoredInNotebook).filter(([each]) => each !== path);
    void this._settings.set('ignoredInNotebook', Object.fromEntries(others));
  }

  go = async (place: Place, stay = false): Promise<void> => {
    await this._withNotebook(panel => reveal(panel, place, stay));
  };

  apply = (finding: EditorFinding, fix: Fix): Promise<unknown> =>
    this._withNotebook(panel => this._fixer.apply(panel, finding, fix));

  ignore = (finding: EditorFinding, ignore: Ignore): Promise<unknown> =>
    this._withNotebook(panel => this._fixer.ignore(panel, finding, ignore));

  pin = (finding: EditorFinding): Promise<unknown> =>
    this._withNotebook(panel => this._fixer.pin(panel, finding));

  explain = ({ finding }: EditorFinding): void => {
    void this._commands.execute(CommandIDs.explain, { rule: finding.rule });
  };

  copy = (text: string): void => {
    Clipboard.copyToSystem(text);
  };

  fixSafe(): void {
    void this._commands.execute(CommandIDs.fixSafe);
  }

  switchOn(): void {
    void this._settings.set('enabled', true);
  }

  leave(): void {
    this._tracker.currentWidget?.content.activate();
  }

  private async _withNotebook<T>(work: (panel: NotebookPanel) => Promise<T>): Promise<T | undefined> {
    const panel = this._tracker.currentWidget;
    return panel ? work(panel) : undefined;
  }
}
