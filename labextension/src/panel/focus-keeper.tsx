/** Notices when what has the focus is drawn away, which no event tells. */
import * as React from 'react';

interface FocusKeeperProps {
  /** Called when the focus was in here and is nowhere now. */
  readonly onLost: (container: HTMLElement) => void;
  readonly onKeyDown: React.KeyboardEventHandler;
  readonly className: string;
  readonly children: React.ReactNode;
}

/** A class, because only a class is asked before the document changes. */
export class FocusKeeper extends React.Component<FocusKeeperProps> {
  override getSnapshotBeforeUpdate(): boolean {
    return this._container.current?.contains(document.activeElement) ?? false;
  }

  override componentDidUpdate(_: FocusKeeperProps, __: object, hadFocus: boolean): void {
    const container = this._container.current;
    if (container && hadFocus && document.activeElement === document.body) {
      this.props.onLost(container);
    }
  }

  override render(): React.JSX.Element {
    const { className, onKeyDown, children } = this.props;
    return (
      <div ref={this._container} className={className} onKeyDown={onKeyDown}>
        {children}
      </div>
    );
  }

  private readonly _container = React.createRef<HTMLDivElement>();
}
