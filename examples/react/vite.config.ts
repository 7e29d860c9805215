// While you develop, Vite passes on to Ganymede what the page asks of its own address.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const server = process.env['GANYMEDE'] ?? 'http://localhost:4000';

export default defineConfig({
  plugins: [react()],
  base: './',
  server: { proxy: { '/graphql': server, '/images': server } },
});
