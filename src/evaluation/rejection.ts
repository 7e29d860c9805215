// What discriminator rejection sampling by the scorer that answers does to samples. Of a mixture: modes and
// high-quality share of 2,500 plain samples, and of the first 2,500 that the scorer lets pass. Of images: Fréchet
// distance to held-out ones, of 5,000 plain samples and of the first 5,000 that pass. The sampling itself is
// models/rejection.ts.
import { sizeOf } from '../engine/tensor.js';
import { GanymedeError } from '../errors.js';
import { imageOf } from '../models/example.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import { rejectionSample, rejectionSettings } from '../models/rejection.js';
import { recordOf } from '../models/scorer-results.js';
import { scorerOf } from '../models/scoring.js';
import { fillUniform, STREAMS } from '../random/philox.js';
import { frechetDistance, momentsOf, needsOfCovariances } from './frechet.js';
import type { Material } from './material.js';
import { MODE_SAMPLES, mixtureOf, modeBaselines, modeFigures, modesLine, needsMixture, needsOfModes } from './modes.js';
import { describeNet, needsFeatures, numberAt, type Protocol } from './protocol.js';
import { type Rows, rowAt } from './rows.js';

/** Samples that set the highest logit and γ, as in the paper; they are not sampled from. */
const BURN_IN = 10_000;
/** Drawn and judged at a time. */
const POOL = 10_000;
/** Judged at the most, for each that is to pass: a scorer that keeps fewer than one in so many says nothing. */
const TRIES = 200;
const PERCENTILE = 95;
/** Images that are compared, plain, passed and real. */
const IMAGES = 5000;

export const rejectionProtocol: Protocol = {
  what: 'samples with and without discriminator rejection sampling: modes on ring8 and grid25, Fréchet distance of images',
  heeds: ['samples', 'split', 'features'],
  async refuses(material) {
    const scorer = scorerOf(material.manifest);
    if (!scorer) return 'it has no scorer';
    if (material.manifest.point) return needsMixture(material);
    if (scorer.densityRatio === 'none') return 'the objective of its critic determines no density ratio';
    return needsFeatures(material);
  },
  samples: MODE_SAMPLES, // of images more
  needs: (material) => (material.manifest.point ? needsOfModes(material) : needsOfCovariances(material)),
  async measure(material) {
    const { dataset, figures, samples, judged } = await (material.manifest.point ? ofMixture : ofImages)(material);
    const settings = { accepted: samples / judged, samples, burnIn: BURN_IN, percentile: PERCENTILE };
    return { dataset, figures: toJson({ ...recordOf(scorerOf(material.manifest)!), ...figures, ...settings }) };
  },
  describe(figures) {
    const text = (name: string) => {
      const part = figures[name] as JsonObject;
      return 'distance' in part ? `Fréchet distance ${numberAt(part, 'distance').toFixed(3)}` : modesLine(part);
    };
    const accepted = `${(100 * numberAt(figures, 'accepted')).toFixed(1)} % accepted`;
    return (
      `without: ${text('without')}; with rejection sampling: ${text('with')}, ${accepted}; ` +
      `real data: ${text('realData')}; noise: ${text('knowsNothing')}`
    );
  },
};

/** What is found of samples before and after, how many each time, and of how many those that passed were taken. */
interface Compared {
  readonly dataset: JsonObject;
  readonly figures: Readonly<Record<'without' | 'with' | 'realData' | 'knowsNothing', object>>;
  readonly samples: number;
  readonly judged: number;
}

async function ofMixture(material: Material): Promise<Compared> {
  const { mixture, note } = await mixtureOf(material);
  const { rows, judged } = await passing(material, MODE_SAMPLES);
  const without = modeFigures(await material.samples(MODE_SAMPLES), mixture);
  return {
    ...{ dataset: note, samples: MODE_SAMPLES, judged },
    figures: { without, with: modeFigures(rows, mixture), ...(await modeBaselines(material, mixture, MODE_SAMPLES)) },
  };
}

async function ofImages(material: Material): Promise<Compared> {
  const count = material.options.samples ?? IMAGES;
  const [net, data] = [await material.net(), await material.dataset()];
  const momentsIn = async (images: Rows) =>
    momentsOf(
      (await net.see(images, imageOf(material.manifest), material.effort('features').onRows)).features,
      material.effort('comparing'),
    );
  const real = await material.real('reference', count);
  const held = await momentsIn(real.rows);
  const distance = async (images: Rows) => ({ distance: frechetDistance(held, await momentsIn(images)) });
  const { rows, judged } = await passing(material, count);
  const { name, sha256 } = data;
  return {
    ...{ dataset: { name, sha256, real: real.name, features: describeNet(net) }, samples: count, judged },
    figures: {
      without: await distance(await material.samples(count)),
      with: await distance(rows),
      realData: await distance((await material.real('others', count)).rows),
      knowsNothing: await distance(await material.noise(count)),
    },
  };
}

/** The first `count` samples that pass, with seeds that follow those of the burn-in. */
async function passing(material: Material, count: number): Promise<{ rows: Rows; judged: number }> {
  const sampler = await material.sampler();
  const { seed } = material;
  const draw = async (from: number, howMany: number) => {
    const labels = sampler.drawnLabels(from, howMany);
    const rows = await sampler.generate(from, howMany, labels);
    return { rows, ratios: await sampler.logRatios(rows, labels) };
  };
  let settings = rejectionSettings((await draw(seed, BURN_IN)).ratios, PERCENTILE);
  const size = sizeOf(sampler.example.shape);
  const data = new Float32Array(count * size);
  let filled = 0;
  const most = TRIES * count;
  for (let judged = 0; judged < most; judged += POOL) {
    const { rows: pool, ratios } = await draw(seed + BURN_IN + judged, Math.min(POOL, most - judged));
    const uniforms = new Float32Array(ratios.length);
    fillUniform(uniforms, { seed, stream: STREAMS.training, counter: judged }, 0, 1);
    const result = rejectionSample(ratios, uniforms, settings);
    settings = result.settings;
    for (const index of result.kept) {
      data.set(rowAt(pool, index), filled * size);
      filled++;
      if (filled === count) return { rows: { data, size }, judged: judged + index + 1 };
    }
  }
  throw new GanymedeError(
    'CAPABILITY_MISSING',
    `Expected the scorer to let pass one sample in ${TRIES} or more, but of ${most} only ${filled} passed: it tells nearly all of them from data, and there is nothing to compare.`,
  );
}
