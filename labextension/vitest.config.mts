import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.spec.ts', 'tests/**/*.spec.tsx'],
    setupFiles: ['./tests/setup.ts'],
    // What Yjs says of how Lab's own models make their cells.
    onConsoleLog: text => !/Add Yjs type to a document|yjs#509/.test(text),
    // Lab's packages import css and each other without extensions: they are bundled as the build does.
    server: { deps: { inline: [/@jupyterlab/, /@jupyter\//, /@codemirror/, /@lumino/] } }
  }
});
