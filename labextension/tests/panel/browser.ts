/** What jsdom lacks and Lab's widgets use, and how the specs wait for what is drawn. */
import { vi } from 'vitest';

Object.assign(globalThis, {
  requestIdleCallback: (run: () => void) => setTimeout(run),
  DragEvent: class extends Event {},
  ResizeObserver: class {
    observe() {}
    disconnect() {}
  },
  matchMedia: () => ({ matches: false, addEventListener() {}, removeEventListener() {} })
});
Element.prototype.scrollIntoView = () => undefined;

/** Wait until what is expected holds: Lumino and React draw a moment later. */
export async function eventually(expectation: () => void, timeout = 1000): Promise<void> {
  await vi.waitFor(expectation, { timeout });
}

export function press(node: Element, key: string, more: KeyboardEventInit = {}): void {
  node.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
}
