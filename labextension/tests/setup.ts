/** What jsdom lacks and Lab's packages use as they are loaded. */
if (!('DragEvent' in globalThis)) {
  Object.assign(globalThis, { DragEvent: class extends Event {} });
}
