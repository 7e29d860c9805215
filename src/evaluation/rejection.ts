// What discriminator rejection sampling does to the samples of a mixture: modes and high-quality share of 2,500 plain
// samples, and of the first 2,500 that the discriminator lets pass. The sampling itself is models/rejection.ts.
import { GanymedeError } from '../errors.js';
import { type JsonObject, toJson } from '../models/manifest.js';
import { rejectionSample, rejectionSettings } from '../models/rejection.js';
import { scorerOf } from '../models/scoring.js';
import { fillUniform, STREAMS } from '../random/philox.js';
import type { Material } from './material.js';
import { MODE_SAMPLES, mixtureOf, modeFigures, modesLine, needsMixture } from './modes.js';
import { numberAt, type Protocol } from './protocol.js';
import { type Rows, rowAt } from './rows.js';

/** Samples that set the highest logit and γ, as in the paper; they are not sampled from. */
const BURN_IN = 10_000;
/** Drawn and judged at a time. */
const POOL = 10_000;
/** Given up when this many were judged: a discriminator that keeps fewer than 1 in 200 says nothing. */
const MOST = 50 * POOL;
const PERCENTILE = 95;

export const rejectionProtocol: Protocol = {
  what: 'modes and high-quality share with and without discriminator rejection sampling, on ring8 and grid25',
  refuses: async (material) => (scorerOf(material.manifest) ? needsMixture(material) : 'it has no scorer'),
  async measure(material) {
    const { mixture, note } = await mixtureOf(material);
    const { rows, judged } = await passing(material, MODE_SAMPLES);
    return {
      dataset: note,
      figures: toJson({
        without: modeFigures(await material.samples(MODE_SAMPLES), mixture),
        with: modeFigures(rows, mixture),
        accepted: MODE_SAMPLES / judged,
        samples: MODE_SAMPLES,
        burnIn: BURN_IN,
        percentile: PERCENTILE,
      }),
    };
  },
  describe: (figures) =>
    `without: ${modesLine(figures['without'] as JsonObject)}; with rejection sampling: ${modesLine(figures['with'] as JsonObject)}, ` +
    `${(100 * numberAt(figures, 'accepted')).toFixed(1)} % accepted`,
};

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
  const { size } = await material.samples(MODE_SAMPLES);
  const data = new Float32Array(count * size);
  let filled = 0;
  for (let judged = 0; judged < MOST; judged += POOL) {
    const { rows: pool, ratios } = await draw(seed + BURN_IN + judged, POOL);
    const uniforms = new Float32Array(POOL);
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
    'ENGINE_FAILED',
    `Expected ${count} samples to pass the discriminator but of ${MOST} only ${filled} did.`,
  );
}
