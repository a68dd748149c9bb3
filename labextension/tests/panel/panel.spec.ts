import './browser';
import { nullTranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PanelModel } from '../../src/panel/model';
import { FindingsPanel } from '../../src/panel/panel';
import { eventually, press } from './browser';
import { fakeActions, FakeFindings, FakeNotebook, finding, related } from './fakes';

const trans = nullTranslator.load('');

let panel: FindingsPanel;
let notebook: FakeNotebook;
let source: FakeFindings;
let actions: ReturnType<typeof fakeActions>;
let model: PanelModel;

function open(shown: FakeNotebook | undefined): void {
  source = new FakeFindings(shown);
  actions = fakeActions();
  model = new PanelModel(source);
  panel = new FindingsPanel(model, actions, trans);
  Widget.attach(panel, document.body);
}

const items = () => [...panel.node.querySelectorAll<HTMLElement>('[role=treeitem]')];
const labels = () => items().map(item => item.getAttribute('aria-label'));
const active = () => document.activeElement?.getAttribute('aria-label');
const menuItems = () => [...document.querySelectorAll('.lm-Menu-itemLabel')].map(item => item.textContent);

/** Give the panel the focus. */
async function enter(hasRows = true): Promise<void> {
  panel.activate();
  const expected = hasRows ? '[role=treeitem]' : '.jp-mlsecops-state button';
  await eventually(() => expect(document.activeElement?.matches(expected)).toBe(true));
}

/** Press keys one after the other; each waits for what the one before did. */
async function type(...keys: string[]): Promise<void> {
  for (const key of keys) {
    press(document.activeElement!, key);
    await new Promise(resolve => setTimeout(resolve, 30));
  }
}

afterEach(() => {
  panel.dispose();
  model.dispose();
  document.body.replaceChildren();
});

describe('a notebook with findings', () => {
  beforeEach(async () => {
    notebook = new FakeNotebook([
      finding({ key: 'a', cell: 0, severity: 'high', message: 'first', related: [related(3)] }),
      finding({ key: 'b', cell: 0, line: 4, message: 'second' }),
      finding({ key: 'c', cell: 2, part: '/outputs/1/text', message: 'third' })
    ]);
    open(notebook);
    await eventually(() => expect(items()).toHaveLength(5));
  });

  it('says which rules the settings ignore here, and offers to show them again', async () => {
    actions.ignoredHere.push('<img src=x>', 'a-rule');
    model.focus();
    const shown = () => panel.node.querySelector('.jp-mlsecops-ignoredHere');
    await eventually(() =>
      expect(shown()?.textContent).toContain('2 rules are ignored here: <img src=x>, a-rule')
    );
    shown()!.querySelector('button')!.click();
    expect(actions.showIgnored).toHaveBeenCalledOnce();
  });

  it('is a tree that says where everything stands in it', () => {
    expect(panel.node.querySelector('[role=tree]')?.getAttribute('aria-label')).toBe('Security findings');
    expect(labels()).toEqual([
      'Cell 1, 2 findings',
      'High: first, cell 1, line 1, a-rule',
      'Medium: second, cell 1, line 4, a-rule',
      'Cell 3, 1 finding',
      'Medium: third, cell 3, output 2, a-rule'
    ]);
    const shape = ['aria-level', 'aria-posinset', 'aria-setsize', 'aria-expanded', 'tabindex'];
    expect(items().map(item => shape.map(name => item.getAttribute(name)))).toEqual([
      ['1', '1', '2', 'true', '0'],
      ['2', '1', '2', 'false', '-1'],
      ['2', '2', '2', null, '-1'],
      ['1', '2', '2', 'true', '-1'],
      ['2', '1', '1', null, '-1']
    ]);
  });

  it('is walked with the keyboard alone', async () => {
    await enter();
    expect(active()).toBe('Cell 1, 2 findings');
    await type('ArrowDown');
    expect(active()).toContain('first');
    await type('ArrowRight', 'ArrowRight');
    expect(active()).toBe('cell 4, line 1: here too');
    await type('ArrowLeft', 'ArrowLeft');
    expect(active()).toContain('first');
    expect(items()).toHaveLength(5);
    await type('End');
    expect(active()).toContain('third');
    await type('ArrowLeft', 'ArrowLeft');
    expect(active()).toBe('Cell 3, 1 finding');
    expect(items()).toHaveLength(4);
    await type('Home', '*');
    expect(active()).toBe('Cell 1, 2 findings');
    expect(items()).toHaveLength(5);
    expect(items().filter(item => item.tabIndex === 0)).toHaveLength(1);
  });

  it('goes to the place on Enter, shows it on Space, leaves on Escape', async () => {
    await enter();
    await type('ArrowDown', 'Enter');
    expect(actions.go).toHaveBeenLastCalledWith(notebook.findings[0].finding, false);
    await type('ArrowDown', ' ');
    expect(actions.go).toHaveBeenLastCalledWith(notebook.findings[1].finding, true);
    expect(active()).toContain('second');
    await type('Escape');
    expect(actions.leave).toHaveBeenCalledOnce();
  });

  it('goes to the place on a click, and looks busy until it is there', async () => {
    let arrive: () => void = () => undefined;
    actions.go.mockImplementation(() => new Promise<void>(resolve => (arrive = resolve)));
    items()[1].click();
    await eventually(() => expect(items()[1].getAttribute('aria-busy')).toBe('true'));
    arrive();
    await eventually(() => expect(items()[1].hasAttribute('aria-busy')).toBe(false));
  });

  it('offers what can be done from the row', async () => {
    items()[2].querySelector<HTMLElement>('button')!.click();
    await eventually(() =>
      expect(menuItems()).toEqual([
        'Ignore here',
        '',
        'Go to the place',
        'Explain this rule',
        'Copy the message'
      ])
    );
    expect(actions.go).not.toHaveBeenCalled();
  });

  it('offers it to the keyboard too, and takes the focus back', async () => {
    await enter();
    await type('ArrowDown');
    press(document.activeElement!, 'Enter', { altKey: true });
    const menu = () => document.querySelector<HTMLElement>('.lm-Menu');
    await eventually(() => expect(menu()).not.toBeNull());
    menu()!.dispatchEvent(new KeyboardEvent('keydown', { keyCode: 27, bubbles: true }));
    await eventually(() => expect(menu()).toBeNull());
    expect(active()).toContain('first');
  });

  it('keeps the focus near when the row that has it goes away', async () => {
    await enter();
    await type('ArrowDown', 'ArrowDown');
    notebook.become([notebook.findings[0], notebook.findings[2]]);
    await eventually(() => expect(active()).toBe('Cell 3, 1 finding'));
    expect(items()).toHaveLength(4);
    notebook.become([]);
    await eventually(() => expect(document.activeElement).toBe(panel.node));
    notebook.become([finding()]);
    model.setText('nowhere');
    await enter(false);
    expect(document.activeElement?.textContent).toBe('Clear the filter');
  });

  it('filters by level and by text, and says so', async () => {
    const high = panel.node.querySelector<HTMLElement>('.jp-mlsecops-levelToggle')!;
    expect(high.getAttribute('aria-pressed')).toBe('true');
    high.click();
    await eventually(() => expect(items()).toHaveLength(4));
    expect(panel.node.textContent).toContain('2 of 3 findings');
    model.setText('third');
    await eventually(() => expect(items()).toHaveLength(2));
    model.setText('nowhere');
    await eventually(() => expect(panel.node.textContent).toContain('The filter hides all findings'));
    panel.node.querySelector<HTMLElement>('.jp-mlsecops-state button')!.click();
    await eventually(() => expect(items()).toHaveLength(5));
  });

  it('announces the counts, once nothing changes any more', async () => {
    const said = () => panel.node.querySelector('[role=status]')?.textContent;
    expect(said()).toBe('');
    await eventually(() => expect(said()).toBe('3 findings: 1 high, 2 medium'), 2000);
  });
});

describe('a notebook without findings to show', () => {
  const state = () => panel.node.querySelector('.jp-mlsecops-state');
  const kind = () => state()?.getAttribute('data-state');

  it.each([
    ['no-notebook', undefined, null],
    ['clean', new FakeNotebook(), null],
    ['not-scanned', new FakeNotebook([], { kind: 'not-scanned' }), 'Scan now'],
    ['scanning', new FakeNotebook([], { kind: 'scanning' }), null],
    ['too-large', new FakeNotebook([], { kind: 'too-large', message: 'why' }), 'Try again'],
    ['server-missing', new FakeNotebook([], { kind: 'server-missing', message: 'why' }), 'Try again'],
    ['off', new FakeNotebook([], { kind: 'off' }), 'Switch on']
  ])('says %s', async (expected, shown, button) => {
    open(shown);
    await eventually(() => expect(kind()).toBe(expected));
    expect(state()?.querySelector('button')?.textContent ?? null).toBe(button);
    state()?.querySelector('button')?.click();
    if (expected === 'off') {
      expect(actions.switchOn).toHaveBeenCalledOnce();
    } else if (button) {
      expect(shown.rescan).toHaveBeenCalledOnce();
    }
    if (shown && 'message' in shown.state) {
      expect(state()?.textContent).toContain('why');
    }
  });

  it('is not called clean where something could not be checked', async () => {
    const shown = new FakeNotebook();
    shown.problems = [{ path: '', cell: null, kind: 'rule-failed', message: 'a rule broke' }];
    open(shown);
    await eventually(() => expect(kind()).toBe('partial'));
    expect(panel.node.textContent).toContain('1 thing could not be checked');
    expect(panel.node.textContent).toContain('a rule broke');
  });

  it('keeps old findings in sight when the server is gone, and says that they are old', async () => {
    const shown = new FakeNotebook([finding()]);
    open(shown);
    shown.become(shown.findings, { kind: 'server-missing', message: 'gone' });
    await eventually(() => expect(panel.node.querySelector('.jp-mlsecops-strip')).not.toBeNull());
    expect(items()).toHaveLength(2);
  });
});

it('follows the current notebook, and nothing else', async () => {
  const other = new FakeNotebook([finding({ message: 'of the other' })]);
  open(new FakeNotebook([finding({ message: 'of the first' })]));
  const first = source.current!;
  await eventually(() => expect(labels()[1]).toContain('of the first'));
  source.current = other;
  source.currentChanged.emit();
  await eventually(() => expect(labels()[1]).toContain('of the other'));
  first.become([]);
  await new Promise(resolve => setTimeout(resolve, 50));
  expect(items()).toHaveLength(2);
});

it('shows hostile text as text, with nothing hidden in it', async () => {
  const evil = '<img src=x onerror="window.hacked = 1"> \u202Egnp.exe`<b>`';
  open(
    new FakeNotebook([
      finding({ message: evil, rule: evil, title: evil, related: [related(1, evil)], cell: 0 })
    ])
  );
  actions.notebookName = evil;
  source.current!.problems = [{ path: evil, cell: null, kind: 'engine', message: evil }];
  for (const grouping of ['cell', 'severity', 'rule'] as const) {
    model.setGrouping(grouping);
    await eventually(() => expect(items()).not.toHaveLength(0));
  }
  model.setExpanded(source.current!.findings[0].key, true);
  await eventually(() => expect(items()).toHaveLength(3));
  items()[1].querySelector<HTMLElement>('button')!.click();
  expect(document.querySelectorAll('img, b')).toHaveLength(0);
  expect('hacked' in window).toBe(false);
  expect(panel.node.textContent).toContain('<img src=x');
  expect(panel.node.textContent).toContain('⟨U+202E⟩');
  expect(document.body.textContent).not.toContain('\u202E');
});

describe('a notebook with very many findings', () => {
  const drawn = () => items().filter(item => item.getAttribute('aria-level') === '2').length;

  beforeEach(async () => {
    const many = Array.from({ length: 1500 }, (_, index) =>
      finding({ key: `m${index}`, cell: Math.floor(index / 5), line: index })
    );
    open(new FakeNotebook(many));
    await eventually(() => expect(drawn()).toBe(200));
  });

  it('draws more where the user gets to the end, and goes on from there', async () => {
    expect(labels().at(-1)).toBe('Show 1300 more findings');
    await enter();
    await type('End', 'Enter');
    expect(drawn()).toBe(400);
    expect(active()).toBe('Cell 41, 5 findings');
    panel.node.querySelector('[role=tree]')!.dispatchEvent(new Event('scroll'));
    await eventually(() => expect(drawn()).toBe(600));
  });

  it('draws as much as it takes to select one', async () => {
    model.select('m700');
    await eventually(() => expect(active()).toContain('cell 141'));
    expect(drawn()).toBe(800);
  });
});
