// What docs/your-own-pictures.md promises, from a folder of pictures to the version before the newest, by the commands
// that it names and the program as it is built. Few steps: what is tried is the way, not what is learnt.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodePng } from '../../src/images/png.js';
import { readManifest } from '../../src/models/manifest.js';
import { runExample, startServer } from '../examples/serving.js';
import { lcg, temporaryFolder } from '../training/helpers.js';

/** 40 pictures of each of three classes, of many sizes: a bright block on grey, in a colour of the class. */
async function writePictures(folder: string): Promise<void> {
  const random = lcg(5);
  for (const [colour, name] of ['red', 'green', 'blue'].entries()) {
    await mkdir(join(folder, name), { recursive: true });
    for (let n = 0; n < 40; n++) {
      const [width, height] = [16 + Math.floor(9 * random()), 16 + Math.floor(9 * random())];
      const data = new Uint8Array(width * height * 3).fill(90);
      for (let y = 4; y < 12; y++) for (let x = 4; x < 12; x++) data[(y * width + x) * 3 + colour] = 250;
      await writeFile(join(folder, name, `${n}.png`), await encodePng({ width, height, channels: 3, data }));
    }
  }
}

test('a folder of pictures of any sizes becomes a model that is served, is trained on, and goes back', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  await writePictures(pictures);
  const model = join(folder, 'models', 'blocks');
  const ganymede = async (...args: string[]) => runExample(process.execPath, 'bin/ganymede.js', ...args);
  const train = (run: string, ...args: string[]) =>
    ganymede('train', '--out', model, '--run', join(folder, run), '--steps', '10', '--threads', '1', ...args);

  const looked = await ganymede('dataset', 'info', pictures);
  const proposal = /resize=\d+x\d+/.exec(looked.output)?.[0];
  expect([looked.status, proposal]).toEqual([1, 'resize=16x16']);
  expect((await ganymede('dataset', 'info', `${pictures},${proposal}`)).output).toMatch(/120 images of 16×16 pixels/);

  const trained = await train('first', '--data', pictures);
  expect(trained).toMatchObject({ status: 0 });
  expect(trained.output).toMatch(
    /resize=16x16.*it draws the class asked for.*12 of 120 images held out.*about .* for 10 steps/s,
  );
  const recipe = JSON.parse(await readFile(join(folder, 'first', 'recipe.json'), 'utf8')) as { data: object };
  expect(recipe.data).toMatchObject({ validation: 12 });
  expect(await readManifest(join(model, '1'))).toMatchObject({
    ...{ title: 'Images of 3 classes', license: 'not stated', labels: ['blue', 'green', 'red'] },
    image: { width: 16, height: 16, channels: 3 },
  });

  const from = ['--from', join(model, '1'), '--data', pictures];
  expect(await train('second', ...from)).toMatchObject({ status: 0 });
  expect((await readManifest(join(model, '2'))).lineage).toMatchObject({ parent: { model: 'blocks', version: 1 } });

  const models = join(folder, 'models');
  const activated = await ganymede('activate', 'blocks', '1', '--checkpoints', models);
  expect(activated.output).toContain('1 (active)');
  const server = await startServer({ CHECKPOINTS: models, LOG_LEVEL: 'silent' });
  try {
    const query =
      '{ model(name: "blocks") { version } sample(model: "blocks", seed: 1, label: "red") { image { width height } } }';
    const reply = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    expect(await reply.json()).toEqual({
      data: { model: { version: 1 }, sample: [{ image: { width: 16, height: 16 } }] },
    });
  } finally {
    await server.stop();
  }
}, 120_000);
