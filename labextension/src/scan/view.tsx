/** The tab of a folder scan: how far it is, what it found, what it could not check. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { LevelFilter } from '../panel/level-filter';
import { countsInWords } from '../panel/levels';
import { allHidden, shownText } from '../panel/states';
import { Problems, Telling } from '../panel/telling';
import { visible } from '../panel/text';
import type { Finding } from '../protocol';
import { FindingsGrid } from './grid';
import type { ScanModel } from './model';

/** The content of the tab. The scan ends with it. */
export class ScanView extends ReactWidget {
  constructor(
    readonly model: ScanModel,
    private readonly _open: (finding: Finding) => Promise<void>,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-mlsecops-scan');
    this.node.tabIndex = -1;
    model.changed.connect(this.update, this);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return <Scan model={this.model} open={this._open} trans={this._trans} />;
  }
}

interface ScanProps {
  readonly model: ScanModel;
  readonly open: (finding: Finding) => Promise<void>;
  readonly trans: TranslationBundle;
}

function Scan({ model, open, trans }: ScanProps): React.JSX.Element {
  return (
    <>
      <header className="jp-mlsecops-scanHeader">
        <div className="jp-mlsecops-titleRow">
          <h2 className="jp-mlsecops-title">
            {trans.__('Security findings in')} <bdi>{visible(`/${model.path}`)}</bdi>
          </h2>
          <ScanButton model={model} trans={trans} />
        </div>
        <ProgressLine model={model} trans={trans} />
        {model.findings.length > 0 && <Filters model={model} trans={trans} />}
      </header>
      <Problems problems={model.problems} withPaths trans={trans} />
      {model.shown.length > 0 ? (
        <FindingsGrid model={model} open={open} trans={trans} />
      ) : (
        <Nothing model={model} trans={trans} />
      )}
    </>
  );
}

function ScanButton({ model, trans }: Omit<ScanProps, 'open'>): React.JSX.Element {
  const { isRunning } = model;
  return (
    <button
      type="button"
      className="jp-mlsecops-textButton"
      onClick={() => void (isRunning ? model.cancel() : model.start())}
    >
      {isRunning ? trans.__('Cancel') : trans.__('Scan again')}
    </button>
  );
}

function ProgressLine({ model, trans }: Omit<ScanProps, 'open'>): React.JSX.Element {
  const { progress } = model;
  const isCounted = progress.kind === 'running' && progress.total > 0;
  return (
    <div className="jp-mlsecops-progress">
      {model.isRunning && (
        <progress
          aria-label={trans.__('Files scanned')}
          {...(isCounted ? { value: progress.done, max: progress.total } : {})}
        />
      )}
      <p role="status">{progressText(model, trans)}</p>
    </div>
  );
}

/** How far the scan is, in a sentence; while it runs without the counts, which change too fast to be read aloud. */
export function progressText(model: ScanModel, trans: TranslationBundle): string {
  const { progress, counts } = model;
  const found = countsInWords(counts, trans);
  const so = found ? trans.__('found: %1', found) : trans.__('no findings');
  switch (progress.kind) {
    case 'starting':
      return trans.__('Looking for files…');
    case 'running':
      return progress.total
        ? trans._n('Scanning %1 file…', 'Scanning %1 files…', progress.total)
        : trans.__('Looking for files…');
    case 'done':
      return trans._n('%1 file scanned, %2', '%1 files scanned, %2', progress.done, so);
    case 'cancelled':
      return trans._n('Cancelled after %1 file, %2', 'Cancelled after %1 files, %2', progress.done, so);
    case 'failed':
      return trans.__('The scan failed');
  }
}

function Filters({ model, trans }: Omit<ScanProps, 'open'>): React.JSX.Element {
  const shown = model.shown.length;
  const all = model.findings.length;
  return (
    <div className="jp-mlsecops-scanFilters">
      <input
        type="search"
        className="jp-mlsecops-search"
        placeholder={trans.__('Filter findings')}
        aria-label={trans.__('Filter findings by text')}
        value={model.text}
        onChange={event => {
          model.setText(event.target.value);
        }}
      />
      <LevelFilter
        counts={model.counts}
        hidden={model.hidden}
        toggle={level => {
          model.toggleLevel(level);
        }}
        trans={trans}
      />
      {shown < all && <span role="status">{shownText(shown, all, trans)}</span>}
    </div>
  );
}

function Nothing({ model, trans }: Omit<ScanProps, 'open'>): React.JSX.Element | null {
  const { progress, findings, problems } = model;
  if (progress.kind === 'failed') {
    const title = trans.__('The folder could not be scanned');
    return <Telling kind="failed" title={title} lines={[visible(progress.message)]} />;
  }
  if (findings.length) {
    const clear = () => {
      model.clearFilter();
    };
    return <Telling {...allHidden(clear, trans)} />;
  }
  if (progress.kind !== 'done') {
    return null;
  }
  return problems.length ? (
    <Telling kind="partial" title={trans.__('Nothing found in what could be checked')} />
  ) : (
    <Telling kind="clean" title={trans.__('No findings')} />
  );
}
