/** A real shared notebook, findings in it, and a server that says what a test wants. */
import { YNotebook } from '@jupyter/ydoc';
import { nullTranslator } from '@jupyterlab/translation';
import type { IApi } from '../../src/api';
import { SecuritySettings } from '../../src/settings';
import type { EditorFinding, Fix, LintReply, LintRequest, Replace } from '../../src/protocol';

export const trans = nullTranslator.load('');

/** As Lab makes it: each cell has a history of its own. */
export function notebookOf(...sources: string[]): YNotebook {
  const notebook = YNotebook.create({ disableDocumentWideUndoRedo: true });
  notebook.insertCells(
    0,
    sources.map((source, index) => ({
      cell_type: 'code',
      id: `c${index}`,
      source,
      metadata: {},
      outputs: []
    }))
  );
  return notebook;
}

export function wireCell(index: number) {
  return { index, number: index + 1, id: `c${index}`, type: 'code' as const };
}

/** Columns from `start` to `end`, both from 1, in one line. */
export function spot(line: number, start: number, end: number) {
  return { start: { line, column: start }, end: { line, column: end } };
}

export function replace(cell: number, range: Replace['range'], text: string): Replace {
  return { kind: 'replace', cell: wireCell(cell), part: '/source', range, text };
}

export function fixOf(safety: Fix['safety'], ...edits: Fix['edits']): Fix {
  return { title: 'Mend it', safety, edits };
}

export function findingAt(
  cell: number,
  range: Replace['range'],
  more: Partial<EditorFinding['finding']> &
    Partial<Pick<EditorFinding, 'key' | 'ignores' | 'pin' | 'move_secret'>> = {}
): EditorFinding {
  const {
    key = `${cell}:${range.start.line}`,
    ignores = [],
    pin = null,
    move_secret = false,
    ...fields
  } = more;
  return {
    key,
    title: 'A title',
    ignores,
    pin,
    move_secret,
    finding: {
      rule: 'a-rule',
      category: 'a-category',
      severity: 'high',
      confidence: 'high',
      engine: 'native',
      message: 'a message',
      path: 'a.ipynb',
      cell: wireCell(cell),
      part: '/source',
      range,
      file_range: null,
      snippet: '',
      fingerprint: key,
      cwe: [],
      url: '',
      related: [],
      fixes: [],
      ...fields
    }
  };
}

export function replyTo(request: Pick<LintRequest, 'revision'>, findings: EditorFinding[] = []): LintReply {
  return {
    revision: request.revision,
    findings,
    silenced: 0,
    problems: [],
    summary: {},
    seconds: 0,
    too_large: false
  };
}

/** Keeps what it was asked, and answers with what `find` says. */
export class FakeServer implements Pick<IApi, 'lint'> {
  readonly requests: LintRequest[] = [];
  find: (request: LintRequest) => EditorFinding[] | Promise<EditorFinding[]> = () => [];

  lint = async (request: LintRequest): Promise<LintReply> => {
    this.requests.push(structuredClone(request));
    return replyTo(request, await this.find(request));
  };

  get last(): LintRequest {
    return this.requests[this.requests.length - 1];
  }
}

export function settingsOf(
  values: Partial<Pick<SecuritySettings, 'delay' | 'enabled' | 'outputs' | 'gutter'>> = {}
) {
  const settings = new SecuritySettings();
  for (const [name, value] of Object.entries(values)) {
    void settings.set(name as 'delay', value as number);
  }
  return settings;
}

/** Numbers that look like chance and are the same in every run. */
export function chance(seed: number): (below: number) => number {
  let state = seed;
  return below => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
