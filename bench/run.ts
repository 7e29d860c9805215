// `npm run bench [-- --only NAME,…] [--device DEVICE] [--json FILE] [--out FILE]`: ratios measured side by side in one
// run, and what we want of them. With --device it measures that GPU instead, in ten minutes at the most.

import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { machineLine, type Row, tableOf } from './report.js';

/** Name → the rows it measures. Loaded one by one: the engine's threads of one must not slow another. */
const BENCHES: Readonly<Record<string, () => Promise<Row[]>>> = {
  serving: async () => (await import('./serving.js')).servingRows(),
  fairness: async () => (await import('./fairness.js')).fairnessRows(),
  'beside-training': async () => (await import('./beside-training.js')).besideTrainingRows(),
  'score-folder': async () => (await import('./score-folder.js')).scoreFolderRows(),
  peers: async () => (await import('./peers.js')).peersRows(),
  cluster: async () => (await import('./peers.js')).clusterRows(),
  metrics: async () => (await import('./metrics.js')).metricsRows(),
  'open-inference': async () => (await import('./open-inference.js')).openInferenceRows(),
  engine: async () => (await import('./engine.js')).engineRows(),
  torch: async () => (await import('./against-torch.js')).torchRows(),
  training: async () => (await import('./training.js')).trainingRows(),
};

const GPUS = ['webgpu', 'cuda'] as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    device: { type: 'string' },
    json: { type: 'string' },
    out: { type: 'string' },
  },
});
const gpu = GPUS.find((name) => name === values.device);
const only = values.only?.split(',');
for (const name of only ?? []) if (!Object.hasOwn(BENCHES, name)) refuse('--only', Object.keys(BENCHES), name);
if (values.device !== undefined && !gpu) refuse('--device', GPUS, values.device);

const printed: string[] = [];
const print = (text: string) => {
  printed.push(text);
  console.log(text);
};
print(`${machineLine()}\n`);
const rows: Row[] = gpu ? await (await import('./gpu.js')).gpuRows(gpu, print) : [];
for (const [name, measure] of gpu ? [] : Object.entries(BENCHES)) {
  if (only && !only.includes(name)) continue;
  print(name);
  const measured = await measure();
  print(`${tableOf(measured)}\n`);
  rows.push(...measured);
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(rows, null, 2)}\n`);
if (values.out !== undefined) await writeFile(values.out, `${printed.join('\n')}\n`);

function refuse(option: string, names: readonly string[], received: string): never {
  console.error(`Expected ${option} to be one of ${names.join(', ')} but received "${received}".`);
  process.exit(2);
}
