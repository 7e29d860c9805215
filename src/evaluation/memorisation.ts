// Whether a discriminator knows the very examples that it was trained on: the chance that it scores one of them above
// one that was held out. Held-out examples are drawn at random (datasets/dataset.ts), so to one that remembers nothing
// they are the same, and the chance is a half. What it remembers it also teaches its generator.
import { mirror } from '../datasets/mirrored.js';
import { imageOf } from '../models/example.js';
import { toJson } from '../models/manifest.js';
import { isLabelled, isMirrored, type Material, type Real } from './material.js';
import { areaUnderCurve } from './platt.js';
import { numberAt, type Protocol } from './protocol.js';
import { countOf, mean } from './rows.js';

/** Of each part, at the most. */
const MOST = 10_000;

export const memorisationProtocol: Protocol = {
  what: 'whether the discriminator tells the examples that it was trained on from those held out: 0.5 if it does not',
  heeds: [],
  async refuses(material) {
    if (!material.manifest.graphs.score) return 'it has no discriminator';
    if (material.heldOut() === 0) return 'its recipe held nothing out';
    if ((await material.isOwnData()) !== true) return 'this is not the data that it was trained on';
    const isTold = await (await material.sampler()).isDiscriminatorTold();
    return isTold && !isLabelled(await material.real('held', MOST))
      ? 'it is told of classes that this data lacks'
      : null;
  },
  samples: null,
  needs: async (material) => ({
    real: countOf((await material.real('held', MOST)).rows),
    least: 10,
    enough: 100,
    because: 'where nothing is remembered the AUC strays by 1/√(12n): by 9 points with 10 held out, by 3 with 100',
  }),
  async measure(material) {
    const { name, sha256 } = await material.dataset();
    const [training, held] = [await material.real('training', MOST), await material.real('held', MOST)];
    const figures = memorisation(await logitsOf(training, material), await logitsOf(held, material));
    return { dataset: { name, sha256, training: training.name, held: held.name }, figures: toJson(figures) };
  },
  describe(figures) {
    const [auc, error] = [numberAt(figures, 'auc'), numberAt(figures, 'baseline', 'standardError')];
    const [trained, held] = [numberAt(figures, 'trained', 'examples'), numberAt(figures, 'heldOut', 'examples')];
    return (
      `AUC of ${trained} training over ${held} held-out examples ${auc.toFixed(3)} ` +
      `(remembering nothing: 0.5 ± ${error.toFixed(3)})`
    );
  },
};

/** From the logits of both. The error of the baseline is that of the draw, where both have one distribution. */
export function memorisation(trained: ArrayLike<number>, held: ArrayLike<number>) {
  const [n, m] = [trained.length, held.length];
  return {
    auc: areaUnderCurve(trained, held),
    baseline: { auc: 0.5, standardError: Math.sqrt((n + m + 1) / (12 * n * m)) }, // Mann and Whitney 1947
    trained: { examples: n, logit: mean(trained) },
    heldOut: { examples: m, logit: mean(held) },
  };
}

/** Where the recipe mirrors, an example's is the mean of its own and its mirror image's: D was shown both. */
async function logitsOf({ rows, labels }: Real, material: Material): Promise<Float64Array> {
  const sampler = await material.sampler();
  const own = await sampler.logits('score', rows, labels ?? undefined);
  if (!isMirrored(material.manifest)) return own;
  const turned = { ...rows, data: rows.data.slice() };
  mirror(turned.data, imageOf(material.manifest).width);
  const other = await sampler.logits('score', turned, labels ?? undefined);
  return own.map((logit, i) => (logit + other[i]!) / 2);
}
