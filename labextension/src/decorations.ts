/** What stands around a cell's editor: a bar beside it, underlined outputs and rendered text, badges. */
import type { Cell, CodeCell, MarkdownCell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';
import { setBadge } from './badges';
import { outputOf } from './edits';
import { levelOf } from './findings';
import type { NotebookFindings } from './findings';
import { rangesOf } from './highlights';
import type { Highlighter, LevelRanges } from './highlights';
import { textOf } from './outputs';
import type { Mark } from './tokens';

export interface DecorationOptions {
  readonly panel: NotebookPanel;
  readonly findings: NotebookFindings;
  readonly highlighter: Highlighter;
  readonly trans: TranslationBundle;
  readonly show: (mark: Mark) => void;
  readonly clear: (cellId: string, part: string) => void;
}

/** Keeps one view of a notebook decorated. Widgets come and go with scrolling and editing: it looks at them anew each time. */
export class NotebookDecorations implements IDisposable {
  constructor(private readonly _options: DecorationOptions) {
    const { panel, findings } = _options;
    findings.changed.connect(this._schedule, this);
    panel.content.modelContentChanged.connect(this._schedule, this);
    panel.content.cellInViewportChanged.connect(this._schedule, this);
    this._schedule();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    const { panel, findings, highlighter } = this._options;
    findings.changed.disconnect(this._schedule, this);
    panel.content.modelContentChanged.disconnect(this._schedule, this);
    panel.content.cellInViewportChanged.disconnect(this._schedule, this);
    highlighter.delete(this);
  }

  /** Once in a frame is enough, and only then the page is drawn. */
  private _schedule(): void {
    if (!this._isScheduled) {
      this._isScheduled = true;
      requestAnimationFrame(() => {
        this._isScheduled = false;
        if (!this._isDisposed) {
          this._draw();
        }
      });
    }
  }

  private _draw(): void {
    const ranges: LevelRanges = {};
    for (const cell of this._options.panel.content.widgets) {
      this._drawCell(cell, ranges);
    }
    this._options.highlighter.set(this, ranges);
  }

  private _drawCell(cell: Cell, ranges: LevelRanges): void {
    const marks = this._options.findings.marksOf(cell.model.id);
    const drawn = this._drawn.get(cell);
    if (drawn ? drawn.marks === marks && drawn.isPlain : marks.length === 0) {
      return; // As most cells of a long notebook.
    }
    const inOutputs = marks.filter(mark => outputOf(mark.place.part) !== null);
    const elsewhere = marks.filter(mark => outputOf(mark.place.part) === null);
    setLevel(cell.node, 'mlsecopsInput', elsewhere);
    setLevel(cell.node, 'mlsecopsOutput', inOutputs);
    if (cell.model.type === 'code') {
      this._drawOutputs(cell as CodeCell, inOutputs, ranges);
    }
    const unseen = elsewhere.filter(mark => mark.place.part !== '/source' || isRendered(cell));
    this._drawRendered(cell, unseen, ranges);
    // What its editor shows stays as it is; outputs and rendered text are made anew now and then.
    const isPlain = cell.model.type !== 'markdown' && inOutputs.length === 0 && unseen.length === 0;
    this._drawn.set(cell, { marks, isPlain });
  }

  private _drawOutputs(cell: CodeCell, marks: readonly Mark[], ranges: LevelRanges): void {
    const { show, clear, trans } = this._options;
    cell.outputArea.widgets.forEach(({ node }, index) => {
      const here = marks.filter(mark => outputOf(mark.place.part) === index);
      const onClear = (): void => clear(cell.model.id, `/outputs/${index}`);
      setBadge(node, here, { show, clear: onClear }, trans);
      this._underline(node, cell, here, ranges);
    });
  }

  private _drawRendered(cell: Cell, marks: readonly Mark[], ranges: LevelRanges): void {
    const { show, trans } = this._options;
    const wrapper = cell.node.querySelector<HTMLElement>(':scope > .jp-Cell-inputWrapper');
    if (wrapper) {
      setBadge(wrapper, marks, { show, clear: null }, trans);
    }
    const rendered = isRendered(cell) ? wrapper?.querySelector<HTMLElement>('.jp-MarkdownOutput') : null;
    if (rendered) {
      this._underline(rendered, cell, marks, ranges);
    }
  }

  private _underline(node: HTMLElement, cell: Cell, marks: readonly Mark[], ranges: LevelRanges): void {
    const known = this._options.findings.cellAt(cell.model.id);
    for (const mark of known ? marks : []) {
      const found = known ? rangesOf(node, textOf(mark, known)) : [];
      (ranges[mark.finding.severity] ??= []).push(...found);
    }
  }

  private readonly _drawn = new WeakMap<Cell, { marks: readonly Mark[]; isPlain: boolean }>();
  private _isScheduled = false;
  private _isDisposed = false;
}

function isRendered(cell: Cell): boolean {
  return cell.model.type === 'markdown' && (cell as MarkdownCell).rendered;
}

function setLevel(node: HTMLElement, name: 'mlsecopsInput' | 'mlsecopsOutput', marks: readonly Mark[]): void {
  const level = levelOf(marks);
  if (level !== node.dataset[name]) {
    if (level) {
      node.dataset[name] = level;
    } else {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
      delete node.dataset[name];
    }
  }
}
