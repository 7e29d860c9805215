// The graph `scorer`: which outputs it has to have, and that they speak of classes exactly where the generator is told
// of them. What each other graph takes and gives is in every-graph.test.ts.

import { afterEach, beforeEach, expect, it } from 'vitest';
import { ModelRepository } from '../../src/models/repository.js';
import { float, GENERATE, SCORE, temporaryFolder, writeCheckpoint } from './checkpoints.js';
import { FakeEngine, type FakeOnnx } from './fakes.js';

const CLASSES = ['a', 'b'];
const PLAIN = { logit: float(-1), familiarity: float(-1) };
const OF_CLASSES = { ...PLAIN, given: float(-1, 2), classes: float(-1, 2) };
const TOLD: FakeOnnx = { ...GENERATE, inputs: { ...GENERATE.inputs, label: float(-1, 2) } };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

/** Opens a model of such graphs: what is wrong with it, or its capabilities. */
async function opened(generate: FakeOnnx | null, scorer: FakeOnnx, labels: string[] | undefined = CLASSES) {
  await writeCheckpoint(folder.path, 'judged', 1, {
    graphs: { ...(generate && { generate }), score: SCORE, scorer },
    edit: (manifest) =>
      Object.assign(manifest, { labels, graphs: { ...manifest.graphs, scorer: { file: 'scorer.onnx' } } }),
  });
  const repository = await ModelRepository.open(folder.path, new FakeEngine());
  const messages = repository.problems.map(({ error }) => error.message.replaceAll(folder.path, ''));
  return messages.length > 0 ? messages.join('\n') : repository.get('judged').capabilities;
}

const scorer = (outputs: FakeOnnx['outputs']): FakeOnnx => ({ inputs: SCORE.inputs, outputs });

it('speaks of classes where the generator is told of them', async () => {
  expect(await opened(TOLD, scorer(OF_CLASSES))).toEqual(['generate', 'score', 'scorer']);
  expect(await opened(TOLD, scorer(PLAIN))).toBe(
    'Expected the graph "scorer" of /judged/1 to have both of the outputs "given" and "classes", as a generator that is told of classes needs, but received neither.',
  );
});

it('speaks of none where a classifier alone names them, and where nobody does', async () => {
  expect(await opened(GENERATE, scorer(PLAIN))).toEqual(['generate', 'score', 'scorer']);
  expect(await opened(GENERATE, scorer(OF_CLASSES))).toMatch(
    /neither of the outputs .* but received given and classes/,
  );
  expect(await opened(GENERATE, scorer(PLAIN), undefined)).toEqual(['generate', 'score', 'scorer']);
});

it('of a version without a generator speaks of classes or not, but not of half', async () => {
  expect(await opened(null, scorer(PLAIN))).toEqual(['score', 'scorer']);
  expect(await opened(null, scorer(OF_CLASSES))).toEqual(['score', 'scorer']);
  expect(await opened(null, scorer({ ...PLAIN, given: float(-1, 2) }))).toMatch(
    /both of the outputs .* received given/,
  );
});

it('is refused with every output that is missing or of another shape', async () => {
  const wrong = { logit: float(-1, 1), given: float(-1, 3), classes: float(-1, 2) };
  const message = await opened(TOLD, scorer(wrong));
  expect(message).toMatch(/output "logit" of \S+ to be float32 \[N\]/);
  expect(message).toMatch(/output "familiarity" of \S+ to be float32 \[N\] but received no such tensor/);
  expect(message).toMatch(/output "given" of \S+ to be float32 \[N, 2\] but received float32 \[-1, 3\]/);
});

it('takes the example alone: one pass answers for every class', async () => {
  const told = { ...scorer(OF_CLASSES), inputs: { ...SCORE.inputs, label: float(-1, 2) } };
  expect(await opened(TOLD, told)).toMatch(/input "label" of \S+ to be absent/);
});
