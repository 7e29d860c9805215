// How the pages are bundled: from web/ into dist/web/, which the server serves as it stands.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The styles of a page of the console, `console/<page>/*.css`, are of that page alone: app.tsx names it on `<main>`. */
const pageStyles = {
  name: 'styles-of-a-page',
  enforce: 'pre',
  transform(code, id) {
    const page = /\/console\/(?!parts\/)(\w+)\/\w+\.css$/.exec(id)?.[1];
    return page && { code: `main.page-${page} {\n${code}\n}`, map: null };
  },
};

export default defineConfig({
  root: path('.'),
  plugins: [pageStyles],
  base: './', // relative addresses: the server may lie below a folder of somebody's site
  build: {
    outDir: path('../dist/web'),
    emptyOutDir: true,
    assetsInlineLimit: 0, // the pages' Content-Security-Policy lets in files of ours, no data: URIs
    chunkSizeWarningLimit: 5000, // kB; Monaco, GraphiQL's editor, is large
    rollupOptions: {
      input: [path('index.html'), path('graphiql.html')],
      // React's "use client" marks say nothing to a page that has no server of its own.
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
  },
  worker: { format: 'es' },
});
