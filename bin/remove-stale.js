// A part of `npm run build`: removes from dist/ what an earlier build made of files that src/ no longer has, so that
// nothing of it is packed. dist/web and dist/bench are builds of their own.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

for (const path of readdirSync(join(root, 'dist'), { recursive: true })) {
  const source = /^(?!web\/|bench\/)(.+?)\.(?:js|js\.map|d\.ts)$/.exec(path.replaceAll('\\', '/'))?.[1];
  if (source && !existsSync(join(root, 'src', `${source}.ts`))) rmSync(join(root, 'dist', path));
}
