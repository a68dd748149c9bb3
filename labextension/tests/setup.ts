/** What jsdom lacks and every test needs. */
Object.assign(globalThis, { DragEvent: globalThis.DragEvent ?? class extends Event {} });
