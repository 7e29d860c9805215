// The dearest requests that the limits let through, found by trying ever larger ones of every form, and what each takes
// of a server with the shipped models. Built by `npx tsc -p tsconfig.bench.json`, run by `node dist/bench/dearest.js`;
// with `sent`, only the forms that send, search or edit.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Form, sentForms } from './sent-forms.js';
import type { Usage } from './serving-process.js';

const MODELS = ['mnist', 'faces', 'cifar10'];
/** A document has room for four lists of 256 samples. */
const COUNTS = [1024, 1000, 768, 640, 512, 384, 341, 256, 192, 128, 96, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];
const SIZES = ['', 'size: 1', 'size: 128', 'size: 280', 'size: 512', 'size: 1024'];

interface Measured extends Usage {
  readonly name: string;
  readonly megabytesOut: number;
}

const server = fork(fileURLToPath(new URL('./serving-process.js', import.meta.url)), { stdio: 'inherit' });
const [{ port }] = (await once(server, 'message')) as [{ port: number }];
const measured: Measured[] = [];
const forms = [...(process.argv[2] === 'sent' ? [] : MODELS.flatMap(formsOf)), ...sentForms()];
for (const form of forms) {
  const found = await dearestOf(form);
  if (!found) continue;
  measured.push(found);
  console.log(line(found));
}
server.send('stop');
await once(server, 'exit');
measured.sort((a, b) => b.cpuSeconds - a.cpuSeconds);
console.log('\nthe dearest:');
for (const one of measured.slice(0, 25)) console.log(line(one));
console.log(`most memory: ${Math.max(...measured.map(({ megabytes }) => megabytes)).toFixed(0)} MB`);

function line({ name, cpuSeconds, megabytes, megabytesOut }: Measured): string {
  return `${cpuSeconds.toFixed(2)} core-s ${megabytes.toFixed(0)} MB ${megabytesOut.toFixed(1)} MB out  ${name}`;
}

function formsOf(model: string): Form[] {
  const argument = model === 'cifar10' ? 'label: "airplane", ' : '';
  const path = (steps: number, fields: string) =>
    `{ interpolate(model: "${model}", ${argument}waypoints: [{ seed: 1 }, { seed: 2 }], steps: ${steps}) { ${fields} } }`;
  const stills = ['PNG', 'JPEG', 'WEBP', 'AVIF'].flatMap((format) =>
    SIZES.flatMap((size) => {
      const image = `image(format: ${format} ${size}) { dataUri }`;
      return [
        { name: `${model} ${format} ${size}`, of: (count: number) => samples(model, count, image) },
        {
          name: `${model} ${format} ${size}, scored`,
          of: (count: number) => samples(model, count, `z ${image} score { logit }`),
        },
      ];
    }),
  );
  const animations = ['WEBP', 'GIF'].flatMap((format) =>
    SIZES.map((size) => ({
      name: `${model} ${format} animation ${size}, frames scored`,
      of: (count: number) =>
        path(
          Math.max(2, Math.min(count, 512)),
          `frames { z score { logit } } animation(format: ${format} ${size}) { dataUri }`,
        ),
    })),
  );
  return [
    ...stills,
    ...animations,
    { name: `${model} z`, of: (count) => path(512, `frames { ${repeated(Math.min(count, 60), 'z')} }`) },
  ];
}

function samples(model: string, count: number, fields: string): string {
  const lists = Array.from({ length: Math.ceil(count / 256) }, (_, i) => Math.min(256, count - 256 * i));
  return `{ ${lists.map((length, i) => `a${i}: sample(model: "${model}", count: ${length}, seed: ${256 * i}) { ${fields} }`).join(' ')} }`;
}

function repeated(count: number, field: string): string {
  return Array.from({ length: count }, (_, i) => `a${i}: ${field}`).join(' ');
}

/** Larger ones are refused before anything runs, so trying them costs nothing. */
async function dearestOf({ name, of, images }: Form): Promise<Measured | undefined> {
  for (const count of COUNTS) {
    const sent = await images?.(count);
    if (sent && sent.length < Math.min(count, 32)) continue;
    await usage();
    const reply = await ask(of(sent?.length ?? count), sent);
    if (reply === undefined) continue;
    return { name: `${name} × ${sent?.length ?? count}`, ...(await usage()), megabytesOut: reply.length / 1e6 };
  }
  return undefined;
}

async function ask(query: string, images?: readonly string[]): Promise<string | undefined> {
  const reply = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, ...(images && { variables: { images } }) }),
  });
  const text = await reply.text();
  // Refused once the headers of images were read, before one is decoded.
  if (text.includes('"resource":') || text.includes('1 to 1000 images')) return undefined;
  if (reply.ok && text.includes('"errors"')) throw new Error(`${query}: ${text.slice(0, 500)}`);
  return reply.ok ? text : undefined;
}

/** Since the last time. */
async function usage(): Promise<Usage> {
  server.send('usage');
  return ((await once(server, 'message')) as [Usage])[0];
}
