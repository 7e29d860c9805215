// Jobs as an admin asks for them: the program as it is started, over HTTP.

import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Served, startServer } from '../examples/serving.js';
import { shippedVersion } from '../shipped.js';

let folder: string;
let served: Served;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ganymede-admin-'));
  for (const model of ['ring8', 'mnist-conditional']) {
    await cp(`checkpoints/${model}`, join(folder, 'checkpoints', model), { recursive: true });
  }
  await mkdir(join(folder, 'data', 'datasets'), { recursive: true });
  served = await startServer(settings());
});
afterAll(async () => {
  await served.stop();
  await rm(folder, { recursive: true });
});

function settings(): Record<string, string> {
  return { CHECKPOINTS: join(folder, 'checkpoints'), DATA: join(folder, 'data'), LOG_LEVEL: 'fatal' };
}

interface Reply {
  readonly data: Readonly<Record<string, Answer>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: { readonly code: string; readonly details: { readonly faults: readonly { path: string }[] } };
  }[];
}

/** Of the fields below what a query selects. */
interface Answer {
  readonly id: string;
  readonly state: string;
  readonly made: number | null;
  readonly previews: readonly { readonly at: number; readonly url: string }[];
  readonly animation: { readonly at: number; readonly url: string } | null;
  readonly list: readonly { readonly name: string }[];
  readonly schema: { readonly properties: object };
}

async function ask(query: string, headers: Record<string, string> = {}): Promise<Reply> {
  const reply = await fetch(`${served.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query }),
  });
  return (await reply.json()) as Reply;
}

async function until(id: string, state: string) {
  let job: Answer | undefined;
  await vi.waitFor(
    async () => {
      const { data } = await ask(`{ job(id: "${id}") { id state made error { code message } previews { at url } } }`);
      job = data?.['job'];
      expect(job?.state).toBe(state);
    },
    { timeout: 60_000, interval: 100 },
  );
  return job!;
}

const RING = shippedVersion('ring8');
const TUNE = 'fineTune(model: "ring8", dataset: "builtin:ring8", overrides: { steps: 100 }';

describe('an admin', () => {
  test('tunes a model, sees its pictures, promotes the result, samples it, and goes back', async () => {
    const { data } = await ask(`mutation { ${TUNE}) { id state recipe } }`);
    expect(data?.['fineTune']).toMatchObject({ state: 'RUNNING', recipe: 'ring8' });
    const job = await until(data!['fineTune']!.id, 'SUCCEEDED');
    const [old, made] = [RING, RING + 1];
    expect(job.made).toBe(made);
    expect((await ask('{ model(name: "ring8") { version } }')).data).toEqual({ model: { version: old } });

    const picture = await fetch(job.previews[0]!.url);
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(job.previews.map(({ at }) => at)).toEqual([0, 100]);

    const promoted = await ask(`mutation { promote(model: "ring8", version: ${made}) { version } }`);
    expect(promoted.data?.['promote']).toEqual({ version: made });
    expect((await ask('{ model(name: "ring8") { version } }')).data).toEqual({ model: { version: made } });
    const back = await ask('mutation { rollback(model: "ring8") { version } }');
    expect(back.data?.['rollback']).toEqual({ version: old });
    expect((await ask('{ model(name: "ring8") { version } }')).data).toEqual({ model: { version: old } });
  });

  test('sees a job learn as one animation, in the format and at the pace that are asked for', async () => {
    const { data } = await ask(`mutation { ${TUNE}) { id } }`);
    const { id } = await until(data!['fineTune']!.id, 'SUCCEEDED');
    const select = `{ job(id: "${id}") { animation { at url } } }`;
    const { at, url } = (await ask(select)).data!['job']!.animation!;
    expect(at).toBe(100);
    const asked = await Promise.all([fetch(url), fetch(url), fetch(url.replace('webp?fps=4', 'apng?fps=2'))]);
    expect(asked.map(({ headers }) => headers.get('content-type'))).toEqual(['image/webp', 'image/webp', 'image/apng']);
    expect(asked[0]!.headers.get('cache-control')).toMatch('immutable');
    const [one, again, apng] = await Promise.all(asked.map(async (reply) => Buffer.from(await reply.arrayBuffer())));
    expect(one).toEqual(again);
    expect(apng!.readUInt32BE(apng!.indexOf('acTL') + 4)).toBe(2 + 2); // frames: two pictures, and a second of the last
    const bad = [url.replace(/until-\d+/, 'until-99'), url.replace('fps=4', 'fps=99'), url.replace('webp', 'npy')];
    const refused = await Promise.all(bad.map(async (one) => (await fetch(one)).status));
    expect(refused).toEqual([404, 400, 404]);
    expect((await fetch(url, { headers: { origin: 'https://evil.example' } })).status).toBe(403);
  });

  test('may ask twice: the same key is the same job, and with another request it is refused', async () => {
    const order = (steps: number) =>
      ask(
        `mutation { train(model: "rings", recipe: "ring8", dataset: "builtin:ring8", steps: ${steps}, idempotencyKey: "k") { id } }`,
      );
    const all = await Promise.all(Array.from({ length: 5 }, () => order(20)));
    const ids = new Set(all.map(({ data }) => data?.['train']?.id));
    expect(ids.size).toBe(1);
    expect((await order(40)).errors?.[0]?.extensions.code).toBe('IDEMPOTENCY_KEY_REUSED');
    await until([...ids][0]!, 'SUCCEEDED');
  });

  test('is told every fault of an order before there is a job', async () => {
    const before = await ask('{ jobs(first: 100) { nodes { id } } }');
    const { errors } = await ask(
      'mutation { train(model: "x", recipe: "ring8", dataset: "builtin:ring8", overrides: { batch: 0, objective: "nothing" }) { id } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('CONFIG_INVALID');
    expect(errors?.[0]?.extensions.details.faults.map(({ path }) => path).sort()).toEqual(['batch', 'objective']);
    expect(await ask('{ jobs(first: 100) { nodes { id } } }')).toEqual(before);
  });

  test.each([
    ['data of another shape', `fineTune(model: "ring8", dataset: "builtin:glyphs") { id }`, /images|\[1, 28, 28\]/],
    ['a recipe that there is not', 'train(model: "x", recipe: "none", dataset: "builtin:ring8") { id }', /recipe/],
    ['a path as a recipe', 'train(model: "x", recipe: "../x", dataset: "builtin:ring8") { id }', /name of a recipe/],
    [
      'a model that is a path',
      'train(model: "../x", recipe: "ring8", dataset: "builtin:ring8") { id }',
      /name of a model/,
    ],
    ['a path outside', 'train(model: "x", recipe: "ring8", dataset: "/etc/passwd") { id }', /allowed folders/],
    ['a path that leads out', 'train(model: "x", recipe: "ring8", dataset: "../../etc") { id }', /allowed folders/],
    ['no steps', 'train(model: "x", recipe: "ring8", dataset: "builtin:ring8", steps: 0) { id }', /steps/],
    ['a version that there is not', 'promote(model: "ring8", version: 99) { version }', /version of ring8/],
    ['the active version', `deleteVersion(model: "ring8", version: ${RING})`, /not active/],
    [
      'a device for a classifier',
      'fitClassifier(model: "ring8", dataset: "builtin:ring8", device: WEBGPU) { id }',
      /no device, or cpu, for fit-classifier/,
    ],
    [
      'a device that is not there',
      'fitScorer(model: "ring8", dataset: "builtin:ring8", device: TFJS_NODE) { id }',
      /device that this server has/,
    ],
    ['an unknown job', 'cancelJob(id: "x") { id }', /id of a job/],
    ['a figure without a protocol', `${TUNE}, promote: { when: IF, figure: "x" }) { id }`, /protocol, figure, better/],
  ])('is refused %s, and told why', async (_, mutation, message) => {
    const { errors } = await ask(`mutation { ${mutation} }`);
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.message).not.toMatch(folder);
  });

  test('is refused data that a link leads out to', async () => {
    await writeFile(join(folder, 'secret.npy'), 'secret');
    await symlink(join(folder, 'secret.npy'), join(folder, 'data', 'datasets', 'link.npy'));
    const { errors } = await ask('mutation { train(model: "x", recipe: "ring8", dataset: "link.npy") { id } }');
    expect(errors?.[0]?.message).toMatch(/allowed folders/);
  });

  test('stops a job, and one refused field leaves the others theirs', async () => {
    const { data } = await ask('mutation { train(model: "y", recipe: "ring8", dataset: "builtin:ring8") { id } }');
    const { id } = data!['train']!;
    const both = await ask(`mutation { a: cancelJob(id: "x") { id } b: cancelJob(id: "${id}") { state } }`);
    expect(both.data?.['a']).toBeNull();
    expect(['CANCELLED', 'CANCELLING']).toContain(both.data?.['b']?.state);
    await until(id, 'CANCELLED');
  });
});

describe('somebody else', () => {
  test.each([
    ['a page of the web', { origin: 'https://evil.example' }],
    ['a page without an origin of its own', { origin: 'null' }],
  ])('such as %s may ask for nothing', async (_, headers) => {
    const { errors } = await ask(`mutation { deleteVersion(model: "ring8", version: ${RING}) }`, headers);
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await ask('{ jobs { nodes { id } } }', headers)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await ask('{ models { name } }', headers)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  test('whose page took the address of this machine for its name is found out by Host', async () => {
    const { request } = await import('node:http');
    const status = await new Promise<string>((resolve, reject) => {
      const sent = request(
        `${served.url}/graphql`,
        { method: 'POST', headers: { host: 'evil.example', 'content-type': 'application/json' } },
        (reply) => {
          let text = '';
          reply.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
        },
      );
      sent.on('error', reject).end(JSON.stringify({ query: 'mutation { refreshModels { model } }' }));
    });
    expect(status).toMatch('FORBIDDEN');
  });

  test('cannot send a mutation by GET', async () => {
    const query = 'mutation { refreshModels { model } }';
    await ask(query); // known, by then
    const reply = await fetch(`${served.url}/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'apollo-require-preflight': '1' },
    });
    expect(reply.status).toBe(405);
  });
});

test('the recipes come with their form', async () => {
  const { data } = await ask('{ recipes { list { name title settings } schema } }');
  expect(data?.['recipes']?.list.map(({ name }) => name)).toContain('mnist-conditional');
  expect(Object.keys(data!['recipes']!.schema.properties)).toEqual(expect.arrayContaining(['batch', 'objective']));
});

test('a second server on the same folder does not start, and says why', async () => {
  await expect(startServer(settings())).rejects.toThrow(/Expected nobody to work in .* but a server of Ganymede/);
});
