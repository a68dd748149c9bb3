/** The panel as a widget. */
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import * as React from 'react';
import { FocusKeeper } from './focus-keeper';
import { Header } from './header';
import type { FindingActions } from './menu';
import type { PanelModel } from './model';
import { announcement, EmptyState, type StateActions, Warnings } from './states';
import { FindingsTree } from './tree';

/** All that the panel asks of the application. */
export interface PanelActions extends FindingActions, StateActions {
  /** The current notebook's file name; null where there is no notebook. */
  readonly notebookName: string | null;
  /** The rules that the user's settings ignore in the current notebook. */
  readonly ignoredHere: readonly string[];
  /** Ignore none of them any more. */
  showIgnored(): void;
  fixSafe(): void;
  /** Give the focus back to the notebook. */
  leave(): void;
}

/** The findings of the current notebook. Draws only while it can be seen. */
export class FindingsPanel extends ReactWidget {
  constructor(
    private readonly _model: PanelModel,
    private readonly _actions: PanelActions,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.id = 'jp-mlsecops-panel';
    this.addClass('jp-mlsecops-panel');
    this.node.tabIndex = -1;
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', _trans.__('Security findings'));
    _model.changed.connect(this._refresh, this);
  }

  protected override render(): React.JSX.Element {
    return <PanelView model={this._model} actions={this._actions} trans={this._trans} />;
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.update();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    // At once, so that keys do not go elsewhere; then to what is drawn a moment later.
    this.node.focus();
    if (this._model.rows.length) {
      this._model.focus();
    } else {
      void this.renderPromise?.then(() => {
        if (document.activeElement === this.node) {
          stateButton(this.node)?.focus();
        }
      });
    }
  }

  private _refresh(): void {
    if (this.isVisible) {
      this.update();
      if (document.activeElement === this.node && this._model.rows.length && !this._isWaiting) {
        // The panel was opened before there was anything in it: the first row gets what the frame was given.
        this._isWaiting = true;
        this._model.focus();
        this._isWaiting = false;
      }
    }
  }

  private _isWaiting = false;
}

/** What can be done where there are no findings. */
function stateButton(node: HTMLElement): HTMLElement | null {
  return node.querySelector<HTMLElement>('.jp-mlsecops-state button');
}

const HELP_ID = 'jp-mlsecops-keys';

function PanelView(props: {
  model: PanelModel;
  actions: PanelActions;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { model, actions, trans } = props;
  const input = React.useRef<HTMLInputElement>(null);
  const { notebook } = model;
  const leave = () => {
    actions.leave();
  };
  const keepFocus = (container: HTMLElement) => {
    if (model.rows.length) {
      model.focus();
    } else {
      (stateButton(container) ?? container.parentElement)?.focus();
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) {
      leave();
    }
  };
  return (
    <FocusKeeper className="jp-mlsecops-body" onKeyDown={onKeyDown} onLost={keepFocus}>
      <Header
        model={model}
        name={actions.notebookName}
        input={input}
        fixSafe={() => {
          actions.fixSafe();
        }}
        leave={leave}
        trans={trans}
      />
      <LiveRegion text={announcement(model, trans)} />
      <Warnings model={model} actions={actions} trans={trans} />
      <EmptyState model={model} actions={actions} trans={trans} />
      {model.rows.length > 0 && (
        <FindingsTree
          model={model}
          actions={actions}
          toFilter={() => {
            input.current?.focus();
          }}
          leave={leave}
          helpId={HELP_ID}
          trans={trans}
        />
      )}
      {actions.ignoredHere.length > 0 && <IgnoredHere actions={actions} trans={trans} />}
      {model.rows.length > 0 && <Footer silenced={notebook?.silenced ?? 0} trans={trans} />}
    </FocusKeeper>
  );
}

/** Says the counts aloud, but not at every keystroke. */
function LiveRegion({ text }: { text: string }): React.JSX.Element {
  const [said, setSaid] = React.useState('');
  React.useEffect(() => {
    const timer = setTimeout(() => {
      setSaid(text);
    }, 1000);
    return () => {
      clearTimeout(timer);
    };
  }, [text]);
  return (
    <div role="status" aria-live="polite" className="jp-mlsecops-heard">
      {said}
    </div>
  );
}

/** What is hidden by a decision that goes by the notebook's path has to be seen: another file may stand there now. */
function IgnoredHere({
  actions,
  trans
}: {
  actions: PanelActions;
  trans: TranslationBundle;
}): React.JSX.Element {
  const { ignoredHere } = actions;
  return (
    <div className="jp-mlsecops-ignoredHere">
      <span>
        {trans._n('%1 rule is ignored here:', '%1 rules are ignored here:', ignoredHere.length)}{' '}
        {ignoredHere.join(', ')}
      </span>
      <button
        type="button"
        onClick={() => {
          actions.showIgnored();
        }}
      >
        {trans.__('Show again')}
      </button>
    </div>
  );
}

function Footer({ silenced, trans }: { silenced: number; trans: TranslationBundle }): React.JSX.Element {
  const keys = [
    ['Enter', trans.__('go to the place')],
    ['Space', trans.__('show it')],
    ['Alt+Enter', trans.__('fix or ignore')],
    ['/', trans.__('filter')],
    ['Esc', trans.__('back to the notebook')]
  ];
  return (
    <footer className="jp-mlsecops-footer">
      {silenced > 0 && (
        <p className="jp-mlsecops-silenced">
          {trans._n('%1 finding is silenced', '%1 findings are silenced', silenced)}
        </p>
      )}
      <p id={HELP_ID} className="jp-mlsecops-keys">
        {keys.map(([key, meaning]) => (
          <span key={key}>
            <kbd>{key}</kbd> {meaning}
          </span>
        ))}
      </p>
    </footer>
  );
}
