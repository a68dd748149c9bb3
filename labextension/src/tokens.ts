/** What the plugins of this extension share: the findings of open notebooks, the fixer, settings and command ids. */
import type { ISharedNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type { Cell, EditorFinding, Finding, Fix, Ignore, Level, Pin, Problem, Range } from './protocol';

/** Levels from the least to the most severe: the wire's order, which nothing else here may assume. */
export const LEVELS: readonly Level[] = ['info', 'low', 'medium', 'high', 'critical'];

/** The domain of the translations. */
export const TRANSLATION_DOMAIN = 'jupyter_mlsecops';

/** The id of the plugin whose schema holds the settings. */
export const PLUGIN_ID = 'jupyter-mlsecops:plugin';

/** A span in a part of a notebook; findings, their related places and edits have one. */
export interface Place {
  readonly cell: Cell | null;
  readonly part: string;
  readonly range: Range;
}

/** What one place of a finding shows where it stands. */
export interface Mark {
  /** The finding's stable key; all marks of one finding share it. */
  readonly key: string;
  readonly finding: Finding;
  readonly title: string;
  readonly ignores: readonly Ignore[];
  readonly pin: Pin | null;
  readonly moveSecret: boolean;
  /** The place of this mark: the finding's own or a related one. */
  readonly place: Place;
  /** What is said about this place. */
  readonly message: string;
  readonly fixes: readonly Fix[];
  readonly isRelated: boolean;
}

/** How a notebook's findings stand. */
export type State =
  | { readonly kind: 'not-scanned' }
  | { readonly kind: 'scanning' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'too-large'; readonly message: string }
  | { readonly kind: 'server-missing'; readonly message: string }
  | { readonly kind: 'off' };

/** The findings of one notebook model; all views of it share them. */
export interface INotebookFindings {
  readonly state: State;
  /** What the user's settings let through, in the order of the notebook. */
  readonly findings: readonly EditorFinding[];
  /** What could not be checked. */
  readonly problems: readonly Problem[];
  readonly counts: Readonly<Record<Level, number>>;
  /** How many findings somebody has silenced. */
  readonly silenced: number;
  /** Emitted when anything above has changed. */
  readonly changed: ISignal<INotebookFindings, void>;
  /** The main and related places in a cell, in every part of it. */
  marksOf(cellId: string): readonly Mark[];
  /** The source that a cell had when its marks were found; undefined for a cell that nobody has scanned. */
  sourceAt(cellId: string): string | undefined;
  /** The server's revision that the findings belong to; null before the first. */
  readonly revision: number | null;
  /** The id under which the server knows this notebook. */
  readonly session: string;
  /** Scan everything again, also where the server was missing a moment ago. Resolves when the answer is there. */
  rescan(): Promise<void>;
}

/** The findings of all open notebooks. */
export interface ISecurityFindings {
  of(notebook: ISharedNotebook): INotebookFindings | undefined;
  /** Those of the notebook that has the focus. */
  readonly current: INotebookFindings | undefined;
  /** Emitted when another notebook, or none, has become the current one. */
  readonly currentChanged: ISignal<ISecurityFindings, void>;
  readonly settings: ISecuritySettings;
}

/** The user's settings as they stand in `schema/plugin.json`. */
export interface SettingValues {
  /** Whether notebooks are scanned at all. */
  enabled: boolean;
  /** Milliseconds without typing before a scan. */
  delay: number;
  /** Findings below this level are not shown. */
  minimumSeverity: Level;
  ignoredRules: string[];
  /** Rules ignored in one notebook, by its path. */
  ignoredInNotebook: Record<string, string[]>;
  /** Whether outputs are scanned. */
  outputs: boolean;
  /** Whether cells with findings get a gutter. */
  gutter: boolean;
  /** The least severe findings that are announced when an untrusted notebook is opened. */
  notice: Level | 'never';
}

/** The settings, live. */
export interface ISecuritySettings extends Readonly<SettingValues> {
  readonly changed: ISignal<ISecuritySettings, void>;
  /** Write one setting; the signal follows. */
  set<K extends keyof SettingValues>(name: K, value: SettingValues[K]): Promise<void>;
}

/** Changes notebooks: everything goes through the shared model, in one step that can be undone. */
export interface IFixer {
  /** Apply a fix of a finding or of one of its related places. False where the text has changed since: then a scan follows. */
  apply(panel: NotebookPanel, finding: EditorFinding, fix: Fix): Promise<boolean>;
  /** Apply every safe fix; how many findings or places they mended. */
  applyAllSafe(panel: NotebookPanel): Promise<number>;
  /** Silence a finding the way it offers: a comment, a tag, or the user's settings. */
  ignore(panel: NotebookPanel, finding: EditorFinding, ignore: Ignore): Promise<boolean>;
  /** Ask the notebook's kernel for the installed versions and write them down. */
  pin(panel: NotebookPanel, finding: EditorFinding): Promise<boolean>;
  /** Remove the output that a part like `/outputs/0/text` lies in. */
  clearOutput(panel: NotebookPanel, cellId: string, part: string): Promise<boolean>;
}

/** Provides the findings of open notebooks. */
export const ISecurityFindings = new Token<ISecurityFindings>(
  'jupyter-mlsecops:ISecurityFindings',
  'The security findings of the open notebooks.'
);

/** Provides the fixer. */
export const IFixer = new Token<IFixer>(
  'jupyter-mlsecops:IFixer',
  'Applies fixes and ignores of security findings.'
);

/** The commands. */
export namespace CommandIDs {
  export const scan = 'jupyter-mlsecops:scan';
  export const next = 'jupyter-mlsecops:next';
  export const previous = 'jupyter-mlsecops:previous';
  export const showPanel = 'jupyter-mlsecops:show-panel';
  export const fixSafe = 'jupyter-mlsecops:fix-safe';
  export const toggle = 'jupyter-mlsecops:toggle';
  export const scanFolder = 'jupyter-mlsecops:scan-folder';
  export const explain = 'jupyter-mlsecops:explain';
}
