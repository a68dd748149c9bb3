/** What the commands do, when they can be used, and where they are listed. */
import type { NotebookPanel } from '@jupyterlab/notebook';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { explain } from '../../src/explain';
import { commandsPlugin } from '../../src/plugins/commands';
import { reveal } from '../../src/reveal';
import { CommandIDs } from '../../src/tokens';
import { findingAt, settingsOf, spot } from './fakes';

// The packages as a whole need more of a browser than there is here.
vi.mock('@jupyterlab/notebook', () => ({ INotebookTracker: {} }));
vi.mock('@jupyterlab/rendermime', () => ({ IRenderMimeRegistry: {} }));
const { showErrorMessage } = vi.hoisted(() => ({ showErrorMessage: vi.fn() }));
vi.mock('@jupyterlab/apputils', () => ({ ICommandPalette: {}, showErrorMessage }));
vi.mock('@jupyterlab/ui-components', () => ({ LabIcon: class {} }));
vi.mock('../../src/reveal', () => ({ reveal: vi.fn() }));
vi.mock('../../src/explain', () => ({ explain: vi.fn() }));

beforeEach(() => {
  vi.clearAllMocks();
});

function setUp(hasNotebook = true) {
  const commands = new CommandRegistry();
  const all = [findingAt(0, spot(1, 5, 8)), findingAt(1, spot(1, 1, 4))];
  const current = hasNotebook ? { findings: all, rescan: vi.fn() } : undefined;
  const source: any = { current, settings: settingsOf() };
  source.currentChanged = new Signal(source);
  const widgets = [0, 1].map(index => ({
    model: { id: `c${index}`, sharedModel: { getSource: () => 'x = bad' } }
  }));
  const content: any = { widgets, activeCell: widgets[0], activeCellIndex: 0 };
  const panel = { content } as NotebookPanel;
  const fixer = { applyAllSafe: vi.fn(() => Promise.resolve(2)) };
  const palette = { addItem: vi.fn() };
  const app: any = { commands, serviceManager: { serverSettings: {} } };
  const tracker = { currentWidget: hasNotebook ? panel : null };
  void commandsPlugin.activate(app, source, fixer, tracker, palette, null, null);
  return { commands, source, current, content, panel, fixer, palette, tracker };
}

const OF_A_NOTEBOOK = [CommandIDs.scan, CommandIDs.next, CommandIDs.previous, CommandIDs.fixSafe];

describe('the commands', () => {
  it('are in the palette, all but the one that needs to be told a rule', () => {
    const { commands, palette } = setUp();
    const listed = palette.addItem.mock.calls.map(([item]) => item.command);
    expect(listed.sort()).toEqual([...OF_A_NOTEBOOK, CommandIDs.toggle].sort());
    expect(commands.hasCommand(CommandIDs.explain)).toBe(true);
    listed.forEach(id => expect(commands.label(id)).not.toBe(''));
  });

  it('can be used where there is a notebook and scanning is on', async () => {
    const { commands, source } = setUp();
    const changed = vi.fn();
    commands.commandChanged.connect((_, { id }) => changed(id));
    expect(OF_A_NOTEBOOK.map(id => commands.isEnabled(id))).toEqual([true, true, true, true]);
    expect(commands.isToggled(CommandIDs.toggle)).toBe(true);
    await commands.execute(CommandIDs.toggle);
    expect(source.settings.enabled).toBe(false);
    expect(OF_A_NOTEBOOK.map(id => commands.isEnabled(id))).toEqual([false, false, false, false]);
    expect(commands.isToggled(CommandIDs.toggle)).toBe(false);
    expect(changed).toHaveBeenCalledWith(CommandIDs.next);
    const { commands: without } = setUp(false);
    expect(OF_A_NOTEBOOK.map(id => without.isEnabled(id))).toEqual([false, false, false, false]);
  });

  it('scan again, and fix what is safe', async () => {
    const { commands, current, fixer, panel } = setUp();
    await commands.execute(CommandIDs.scan);
    expect(current?.rescan).toHaveBeenCalledOnce();
    expect(await commands.execute(CommandIDs.fixSafe)).toBe(2);
    expect(fixer.applyAllSafe).toHaveBeenCalledExactlyOnceWith(panel);
  });

  it('go from finding to finding, from where the last one was, and round', async () => {
    const { commands, content } = setUp();
    const gone = () => vi.mocked(reveal).mock.calls.map(([, place]) => place.cell?.index);
    await commands.execute(CommandIDs.next);
    // The cursor has not been moved: the finding itself is where one stands.
    content.activeCell.editor = { getSelection: () => ({ start: {} }), getOffsetAt: () => 4 };
    await commands.execute(CommandIDs.next);
    content.activeCellIndex = 1;
    content.activeCell = content.widgets[1];
    await commands.execute(CommandIDs.next);
    await commands.execute(CommandIDs.previous);
    expect(gone()).toEqual([0, 1, 0, 0]);
  });

  it('explain a rule, or say why they cannot', async () => {
    const { commands } = setUp();
    await commands.execute(CommandIDs.explain, { rule: 'a-rule' });
    expect(vi.mocked(explain).mock.calls[0][0]).toBe('a-rule');
    expect(showErrorMessage).not.toHaveBeenCalled();
    const error = new Error('no such rule');
    vi.mocked(explain).mockRejectedValueOnce(error);
    await commands.execute(CommandIDs.explain, { rule: 'another' });
    expect(showErrorMessage).toHaveBeenCalledExactlyOnceWith(expect.any(String), error);
  });
});
