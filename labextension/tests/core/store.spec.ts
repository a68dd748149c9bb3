import type { YNotebook } from '@jupyter/ydoc';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SecurityFindings } from '../../src/store';
import { FakeServer, notebookOf, settingsOf, trans } from './fakes';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A document that any number of views can be opened on. */
function documentOf(notebook: YNotebook, path: string, trusted = true) {
  const context = {
    path,
    ready: Promise.resolve(),
    pathChanged: new Signal<object, string>({}),
    disposed: new Signal<object, void>({})
  };
  const model = {
    sharedModel: notebook,
    cells: [
      { type: 'code', trusted },
      { type: 'markdown', trusted: false }
    ]
  };
  return { context, open: () => ({ context, model, isDisposed: false }) };
}

function setUp() {
  const tracker: any = { currentWidget: null, forEach: () => undefined };
  tracker.widgetAdded = new Signal(tracker);
  tracker.currentChanged = new Signal(tracker);
  const server = new FakeServer();
  const store = new SecurityFindings({
    tracker,
    api: server,
    settings: settingsOf(),
    trans,
    localPath: path => path.replace('RTC:', '')
  });
  const open = async (panel: unknown) => {
    tracker.currentWidget = panel;
    tracker.widgetAdded.emit(panel);
    await vi.advanceTimersByTimeAsync(1);
  };
  return { tracker, server, store, open };
}

describe('SecurityFindings', () => {
  it('has one scanner for each notebook, however many views it has', async () => {
    const { server, store, open } = setUp();
    const notebook = notebookOf('a');
    const document = documentOf(notebook, 'RTC:a.ipynb', false);
    const changed = vi.fn();
    store.currentChanged.connect(changed);
    await open(document.open());
    await open(document.open());
    expect(server.requests).toHaveLength(1);
    expect(server.last).toMatchObject({ path: 'a.ipynb', trusted: false });
    expect(store.current).toBe(store.of(notebook));
    expect(changed).toHaveBeenCalledOnce();
  });

  it('keeps copies of a file apart', async () => {
    const { server, store, open } = setUp();
    const [one, other] = [notebookOf('a'), notebookOf('a')];
    await open(documentOf(one, 'a.ipynb').open());
    await open(documentOf(other, 'a-Copy1.ipynb').open());
    expect(store.of(one)).not.toBe(store.of(other));
    expect(new Set(server.requests.map(request => request.session)).size).toBe(2);
    expect(server.last.trusted).toBe(true);
  });

  it('scans again under a new name, and lets go with the document', async () => {
    const { server, store, open } = setUp();
    const notebook = notebookOf('a');
    const { context, open: view } = documentOf(notebook, 'a.ipynb');
    await open(view());
    context.path = 'b.ipynb';
    context.pathChanged.emit('b.ipynb');
    await vi.advanceTimersByTimeAsync(250);
    expect(server.last.path).toBe('b.ipynb');
    context.disposed.emit();
    expect(store.of(notebook)).toBeUndefined();
    notebook.cells[0].setSource('x');
    await vi.advanceTimersByTimeAsync(1000);
    expect(server.requests).toHaveLength(2);
    store.dispose();
    expect(store.isDisposed).toBe(true);
  });
});
