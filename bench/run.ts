// `npm run bench [-- --only NAME] [-- --json FILE]`: ratios measured side by side in one run, and what we want of them.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { printMachine, printRows, type Row } from './report.js';

/** Name → the rows it measures. Loaded one by one: the engine's threads of one must not slow another. */
const BENCHES: Readonly<Record<string, () => Promise<Row[]>>> = {
  serving: async () => (await import('./serving.js')).servingRows(),
  engine: async () => (await import('./engine.js')).engineRows(),
  training: async () => (await import('./training.js')).trainingRows(),
};

const { values } = parseArgs({ options: { only: { type: 'string' }, json: { type: 'string' } } });
if (values.only !== undefined && !(values.only in BENCHES)) {
  console.error(`Expected --only to be one of ${Object.keys(BENCHES).join(', ')} but received "${values.only}".`);
  process.exit(2);
}
printMachine();
const rows: Row[] = [];
for (const [name, measure] of Object.entries(BENCHES)) {
  if (values.only !== undefined && values.only !== name) continue;
  console.log(`${name}`);
  const measured = await measure();
  printRows(measured);
  console.log('');
  rows.push(...measured);
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
