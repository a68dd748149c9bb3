/** The head of the panel: whose findings these are, how many, and which of them are shown. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { safeFixes } from '../fixer';
import { GROUPINGS, type Grouping } from './groups';
import { LevelFilter } from './level-filter';
import type { PanelModel } from './model';
import { shownText } from './states';
import { visible } from './text';

export interface HeaderProps {
  readonly model: PanelModel;
  /** The name of the current notebook; null where there is none. */
  readonly name: string | null;
  readonly input: React.RefObject<HTMLInputElement>;
  readonly fixSafe: () => void;
  readonly leave: () => void;
  readonly trans: TranslationBundle;
}

export function Header(props: HeaderProps): React.JSX.Element {
  const { model, name, trans } = props;
  const { notebook } = model;
  const scanning = notebook?.state.kind === 'scanning';
  return (
    <div className="jp-mlsecops-header">
      <div className="jp-mlsecops-titleRow">
        <h2 className="jp-mlsecops-title" title={name ?? undefined}>
          <bdi>{name === null ? trans.__('Security findings') : visible(name)}</bdi>
        </h2>
        {notebook && (
          <button
            type="button"
            className={`jp-mlsecops-iconButton${scanning ? ' jp-mod-busy' : ''}`}
            title={trans.__('Scan again')}
            aria-label={trans.__('Scan again')}
            aria-busy={scanning || undefined}
            onClick={() => void notebook.rescan()}
          >
            <refreshIcon.react tag="span" />
          </button>
        )}
      </div>
      {notebook && notebook.findings.length > 0 && <Filters {...props} />}
    </div>
  );
}

function Filters(props: HeaderProps): React.JSX.Element {
  const { model, input, fixSafe, leave, trans } = props;
  const findings = model.notebook?.findings;
  const safe = React.useMemo(() => safeFixes(findings ?? []).length, [findings]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault();
      model.focus();
    } else if (event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      if (model.filter.text) {
        model.setText('');
      } else {
        leave();
      }
    }
  };
  return (
    <>
      <input
        ref={input}
        type="search"
        className="jp-mlsecops-search"
        placeholder={trans.__('Filter findings')}
        aria-label={trans.__('Filter findings by text')}
        value={model.filter.text}
        onChange={event => {
          model.setText(event.target.value);
        }}
        onKeyDown={onKeyDown}
      />
      <LevelFilter
        counts={model.notebook?.counts ?? {}}
        hidden={model.filter.hidden}
        toggle={level => {
          model.toggleLevel(level);
        }}
        trans={trans}
      />
      <div className="jp-mlsecops-optionRow">
        <GroupBy model={model} trans={trans} />
        <p className="jp-mlsecops-shown" aria-hidden="true">
          {shownText(model.shown.length, findings?.length ?? 0, trans)}
        </p>
      </div>
      {safe > 0 && (
        <button
          type="button"
          className="jp-mlsecops-textButton"
          title={trans.__('Apply all fixes that cannot change what the code does')}
          onClick={fixSafe}
        >
          {trans._n('Apply %1 safe fix', 'Apply %1 safe fixes', safe)}
        </button>
      )}
    </>
  );
}

function GroupBy({ model, trans }: { model: PanelModel; trans: TranslationBundle }): React.JSX.Element {
  const names: Record<Grouping, string> = {
    cell: trans.__('By cell'),
    severity: trans.__('By severity'),
    rule: trans.__('By rule')
  };
  return (
    <select
      className="jp-mlsecops-groupBy"
      aria-label={trans.__('Group findings')}
      value={model.grouping}
      onChange={event => {
        model.setGrouping(event.target.value as Grouping);
      }}
    >
      {GROUPINGS.map(grouping => (
        <option key={grouping} value={grouping}>
          {names[grouping]}
        </option>
      ))}
    </select>
  );
}
