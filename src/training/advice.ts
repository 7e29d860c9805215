// What to try against a named warning, of what the recipe does not have yet.
import type { Recipe } from '../recipes/recipe.js';

export type WarningName = 'collapse' | 'missing-modes' | 'vanishing-gradient' | 'oscillation';

/** One sentence. */
export function adviceOn(name: WarningName, recipe: Recipe): string {
  const tips = TIPS[name].flatMap((tip) => tip(recipe) ?? []);
  return `Try ${tips.length > 1 ? `${tips.slice(0, -1).join(', ')}, or ${tips.at(-1)}` : tips[0]}.`;
}

/** What may help, or null where the recipe has it. The last of each always may. */
type Tip = (recipe: Recipe) => string | null;

const penalty: Tip = ({ penalties = [], objective }) => {
  const slope = objective === 'wgan-gp' || penalties.some(({ kind }) => kind !== 'weight-clipping');
  return slope ? null : 'the penalty r1';
};

const deviation: Tip = ({ discriminator: { network } }) =>
  'minibatchDeviation' in network && !network.minibatchDeviation
    ? 'minibatchDeviation of the discriminator, which lets it see that samples are alike'
    : null;

const objective: Tip = (recipe) =>
  recipe.objective === 'non-saturating' || recipe.objective === 'maximise-logit'
    ? null
    : `the objective non-saturating instead of ${recipe.objective}`;

/** Those that are the kinder to a generator that makes less than the data. */
const SEEKING: ReadonlySet<string> = new Set(['maximise-logit', 'f-reverse-kl']);
const covering: Tip = ({ objective }) =>
  SEEKING.has(objective) ? `the objective non-saturating instead of ${objective}, which would rather miss modes` : null;

const largerBatch: Tip = ({ batch }) => (batch < 256 ? `a batch larger than ${batch}` : null);

const slowerGenerator: Tip = () => 'a lower learning rate of the generator';

const fewerSteps: Tip = ({ updates: { discriminatorSteps: steps } }) =>
  steps > 1 ? `fewer than ${steps} discriminator steps` : null;

const inTurns: Tip = ({ updates }) => (updates.order === 'simultaneous' ? 'the order alternating' : null);

/** Momentum keeps a circle turning (Gidel et al. 2019, arXiv:1807.04740). */
const momentum: Tip = ({ optimizer }) => {
  const has = [optimizer.generator, optimizer.discriminator].some((one) =>
    one.kind === 'adam' ? one.beta1 > 0 : one.momentum !== 0,
  );
  return has ? 'less momentum (beta1 of adam)' : null;
};

const TIPS: Readonly<Record<WarningName, readonly Tip[]>> = {
  collapse: [penalty, deviation, largerBatch, slowerGenerator],
  'missing-modes': [covering, penalty, deviation, largerBatch, slowerGenerator],
  'vanishing-gradient': [objective, penalty, fewerSteps, () => 'a lower learning rate of the discriminator'],
  oscillation: [penalty, inTurns, momentum, () => 'lower learning rates'],
};
