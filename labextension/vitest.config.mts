import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'jsdom',
    include: ['tests/**/*.spec.ts', 'tests/**/*.spec.tsx'],
    setupFiles: ['./tests/setup.ts'],
    // Lab's packages import css and each other without extensions: they are bundled as the build does.
    server: { deps: { inline: [/@jupyterlab/, /@jupyter\//, /@codemirror/, /@lumino/] } }
  }
});
