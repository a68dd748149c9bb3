/** Carries out fixes and ignores in a notebook. */
import type { ISharedCodeCell, ISharedNotebook } from '@jupyter/ydoc';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ApiError } from './api';
import type { IApi } from './api';
import { applyEdits, findCell, isPossible, outputOf } from './edits';
import type { Known, WireEdit } from './edits';
import { marksFor } from './findings';
import type { NotebookFindings } from './findings';
import { installedVersions } from './kernel';
import { TextPositions } from './positions';
import type { ClearOutput, EditorFinding, Fix, Ignore, Pin, Replace } from './protocol';
import type { IFixer, ISecuritySettings } from './tokens';

/** Below this, a secret's text is found by chance. */
const SHORTEST_SECRET = 8;

/** How a person is told something. */
export type Notify = (kind: 'info' | 'warning', message: string) => void;

export interface FixerOptions {
  readonly findings: { of(notebook: ISharedNotebook): NotebookFindings | undefined };
  readonly settings: ISecuritySettings;
  readonly api: Pick<IApi, 'pin'>;
  readonly trans: TranslationBundle;
  readonly notify: Notify;
  readonly localPath: (path: string) => string;
}

export class Fixer implements IFixer {
  constructor(private readonly _options: FixerOptions) {}

  async apply(panel: NotebookPanel, finding: EditorFinding, fix: Fix): Promise<boolean> {
    const { trans, notify } = this._options;
    const shown = finding.move_secret ? this._outputsThatShow(panel, finding) : [];
    const cleared = new Set(fix.edits.filter(isClear).map(asText));
    const edits = [...fix.edits, ...shown.filter(edit => !cleared.has(asText(edit)))];
    if (!(await this._change(panel, edits))) {
      return false;
    }
    if (finding.move_secret) {
      // Lab shows the first 140 characters.
      const advice = trans.__(
        'Now revoke the secret where it was issued: files, copies and version control may still have it.'
      );
      notify('warning', advice);
    }
    return true;
  }

  async applyAllSafe(panel: NotebookPanel): Promise<number> {
    const { trans, notify } = this._options;
    const fixes = safeFixes(this._findings(panel)?.findings ?? []);
    if (fixes.length === 0) {
      notify('info', trans.__('No finding of this notebook has a fix that is safe to apply unseen.'));
      return 0;
    }
    const isDone = await this._change(
      panel,
      fixes.flatMap(fix => fix.edits)
    );
    return isDone ? fixes.length : 0;
  }

  async ignore(panel: NotebookPanel, _: EditorFinding, ignore: Ignore): Promise<boolean> {
    const { settings } = this._options;
    switch (ignore.kind) {
      case 'settings':
        await settings.set('ignoredRules', added(settings.ignoredRules, ignore.rule));
        return true;
      case 'notebook': {
        const path = this._options.localPath(panel.context.path);
        const rules = added(settings.ignoredInNotebook[path] ?? [], ignore.rule);
        await settings.set('ignoredInNotebook', { ...settings.ignoredInNotebook, [path]: rules });
        return true;
      }
      default:
        return this._change(panel, ignore.edits);
    }
  }

  async pin(panel: NotebookPanel, finding: EditorFinding): Promise<boolean> {
    const { trans, notify } = this._options;
    const kernel = panel.sessionContext.session?.kernel;
    if (!finding.pin || !kernel) {
      notify('warning', trans.__('The notebook has no kernel that could be asked: start one first.'));
      return false;
    }
    if ((await kernel.info).language_info.name !== 'python') {
      notify('warning', trans.__('Only a Python kernel knows which packages are installed.'));
      return false;
    }
    return this._pin(panel, finding, finding.pin, kernel);
  }

  async clearOutput(panel: NotebookPanel, cellId: string, part: string): Promise<boolean> {
    const index = outputOf(part);
    const edits = clearing(this._findings(panel), cellId, part);
    if (index === null || edits.length === 0) {
      return false;
    }
    return this._change(panel, edits);
  }

  private async _pin(
    panel: NotebookPanel,
    { key }: EditorFinding,
    { packages }: Pin,
    kernel: Parameters<typeof installedVersions>[0]
  ): Promise<boolean> {
    const { api, notify } = this._options;
    const findings = this._findings(panel);
    if (findings?.revision == null) {
      return false;
    }
    const { session, revision } = findings;
    const versions = await installedVersions(
      kernel,
      packages.map(each => each.name)
    );
    try {
      const { edits, message } = await api.pin({ session, revision, key, versions });
      const isDone = edits.length > 0 && (await this._change(panel, edits));
      if (message) {
        notify(isDone ? 'info' : 'warning', message);
      }
      return isDone;
    } catch (error) {
      return this._onPinRefused(error, findings);
    }
  }

  private async _onPinRefused(error: unknown, findings: NotebookFindings): Promise<boolean> {
    if (error instanceof ApiError && error.status === 409) {
      return this._refuse(findings);
    }
    this._options.notify('warning', error instanceof Error ? error.message : String(error));
    return false;
  }

  private async _change(panel: NotebookPanel, edits: readonly WireEdit[]): Promise<boolean> {
    const { model } = panel;
    const findings = this._findings(panel);
    if (!model || !findings || edits.length === 0) {
      return false;
    }
    if (model.readOnly) {
      this._options.notify('warning', this._options.trans.__('The notebook cannot be changed.'));
      return false;
    }
    const notebook = model.sharedModel;
    return applyEdits(notebook, edits, this._known(notebook, findings)) || this._refuse(findings);
  }

  /** Cells as they were scanned; outputs that the user does not want scanned are taken as they are. */
  private _known(notebook: ISharedNotebook, findings: NotebookFindings): Known {
    return id => {
      const cell = findings.cellAt(id);
      const live = notebook.cells.find(each => each.getId() === id);
      return cell && live?.cell_type === 'code' && !this._options.settings.outputs
        ? { ...cell, outputs: (live as ISharedCodeCell).getOutputs() }
        : cell;
    };
  }

  private async _refuse(findings: NotebookFindings): Promise<false> {
    const { trans, notify } = this._options;
    notify(
      'info',
      trans.__('The text has changed since it was scanned. It is scanned again: please try once more.')
    );
    await findings.rescan();
    return false;
  }

  /** The outputs in which the very text of a finding can be read. */
  private _outputsThatShow(panel: NotebookPanel, { finding }: EditorFinding): ClearOutput[] {
    const notebook = panel.model?.sharedModel;
    const cell = notebook && finding.cell ? findCell(notebook, finding.cell) : undefined;
    if (!notebook || !cell || finding.part !== '/source') {
      return [];
    }
    const source = cell.getSource();
    const { from, to } = new TextPositions(source).span(finding.range);
    const secret = JSON.stringify(source.slice(from, to)).slice(1, -1);
    return secret.length < SHORTEST_SECRET ? [] : outputsWith(notebook, secret);
  }

  private _findings(panel: NotebookPanel): NotebookFindings | undefined {
    return panel.model ? this._options.findings.of(panel.model.sharedModel) : undefined;
  }
}

/** The safe fixes that do not touch the same text, one for each place. */
export function safeFixes(findings: readonly EditorFinding[]): Fix[] {
  const chosen: Fix[] = [];
  for (const { fixes } of findings.flatMap(marksFor)) {
    const fix = fixes.find(
      ({ safety, edits }) => safety === 'safe' && edits.length > 0 && edits.every(isPossible)
    );
    if (fix && !chosen.some(other => meet(fix, other))) {
      chosen.push(fix);
    }
  }
  return chosen;
}

/** Whether two fixes touch. Those that do wait for the next round. */
function meet(one: Fix, other: Fix): boolean {
  return one.edits.some(left => other.edits.some(right => touch(left, right)));
}

function touch(left: Replace | ClearOutput, right: Replace | ClearOutput): boolean {
  if (left.cell?.id !== right.cell?.id || left.part !== right.part) {
    return false;
  }
  if (left.kind !== 'replace' || right.kind !== 'replace') {
    return true;
  }
  return isUpTo(left.range.start, right.range.end) && isUpTo(right.range.start, left.range.end);
}

function isUpTo(left: Replace['range']['start'], right: Replace['range']['start']): boolean {
  return left.line < right.line || (left.line === right.line && left.column <= right.column);
}

/** The clearing of the output that a part lies in: a finding of it has told which cell it is. */
function clearing(findings: NotebookFindings | undefined, cellId: string, part: string): ClearOutput[] {
  const index = outputOf(part);
  const cell = findings?.marksOf(cellId).find(({ place }) => outputOf(place.part) === index)?.place.cell;
  return cell ? [{ kind: 'clear-output', cell, part: `/outputs/${index}` }] : [];
}

function outputsWith(notebook: ISharedNotebook, text: string): ClearOutput[] {
  return notebook.cells.flatMap((cell, index) => {
    if (cell.cell_type !== 'code') {
      return [];
    }
    const outputs = (cell as ISharedCodeCell).getOutputs();
    const shown = [...outputs.keys()].filter(at => JSON.stringify(outputs[at]).includes(text));
    const where = { index, number: index + 1, id: cell.getId(), type: 'code' as const };
    return shown.map(at => ({ kind: 'clear-output' as const, cell: where, part: `/outputs/${at}` }));
  });
}

function isClear(edit: WireEdit): edit is ClearOutput {
  return edit.kind === 'clear-output';
}

function asText({ cell, part }: ClearOutput): string {
  return JSON.stringify([cell.id, part]);
}

function added(rules: readonly string[], rule: string): string[] {
  return [...new Set([...rules, rule])];
}
