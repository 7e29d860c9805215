// What in a recipe contradicts something else in it: faults that no section shows by itself. Each rule looks at the
// sections that it needs, and says nothing where one of them is missing.
import type { Violation } from '../violations.js';
import type { Recipe } from './recipe.js';

type Rule = (sections: Partial<Recipe>) => readonly Violation[];

export function contradictions(sections: Partial<Recipe>): Violation[] {
  return RULES.flatMap((rule) => rule(sections));
}

const RULES: readonly Rule[] = [
  aStartingBiasHasItsPlace,
  intervalsAreWholeRuns,
  penaltiesFitTheBatch,
  simultaneousUpdatesAreOneEach,
  normsToldOfAClassExist,
  anMlpDiscriminatorGivesOneNumber,
  anMlpKeepsALayerThatLearns,
  unitsMakeWholeMaps,
];

/** Only an MLP has a last bias that a recipe may set, and a number for each of its units. */
function aStartingBiasHasItsPlace({ generator }: Partial<Recipe>): Violation[] {
  if (!generator || generator.outputBias === 'zero') return [];
  const { network, outputBias } = generator;
  if (network.kind !== 'mlp') {
    const expected = 'mlp, whose last bias outputBias sets,';
    return [{ path: 'generator.network.kind', expected, received: network.kind }];
  }
  const last = network.layers.length - 1;
  const { units, bias } = network.layers[last]!;
  if (bias === false) {
    const expected = 'left out where outputBias says where it starts,';
    return [{ path: `generator.network.layers.${last}.bias`, expected, received: bias }];
  }
  if (outputBias === 'marginals' || outputBias.length === units) return [];
  const expected = `a number for each unit of the last layer (${units})`;
  return [{ path: 'generator.outputBias', expected, received: `${outputBias.length} numbers` }];
}

function intervalsAreWholeRuns({ ema, run }: Partial<Recipe>): Violation[] {
  if (!run) return [];
  const { stepsPerRun, ...intervals } = run;
  const named = { ...prefixed('run', intervals), ...(ema ? { 'ema.everySteps': ema.everySteps } : {}) };
  return Object.entries(named)
    .filter(([, steps]) => steps % stepsPerRun !== 0)
    .map(([path, steps]) => ({
      path,
      expected: `a multiple of run.stepsPerRun (${stepsPerRun})`,
      received: steps,
    }));
}

function penaltiesFitTheBatch({ penalties = [], batch }: Partial<Recipe>): Violation[] {
  if (batch === undefined) return [];
  return penalties.flatMap((penalty, i) => {
    if (penalty.kind === 'weight-clipping' || (penalty.examples ?? 1) <= batch) return [];
    const path = `penalties.${i}.examples`;
    return [{ path, expected: `at most the batch (${batch})`, received: penalty.examples }];
  });
}

function simultaneousUpdatesAreOneEach({ updates }: Partial<Recipe>): Violation[] {
  if (updates?.order !== 'simultaneous' || updates.discriminatorSteps === 1) return [];
  return [
    {
      path: 'updates.discriminatorSteps',
      expected: '1 where the order is simultaneous',
      received: updates.discriminatorSteps,
    },
  ];
}

function normsToldOfAClassExist({ conditional, generator }: Partial<Recipe>): Violation[] {
  if (conditional?.generator.kind !== 'norm' || !generator) return [];
  const { network } = generator;
  if ('norm' in network && network.norm !== 'none') return [];
  const received = 'norm' in network ? 'none' : `${network.kind}, which has none`;
  return [
    { path: 'generator.network.norm', expected: 'a norm, which conditional.generator tells of the class,', received },
  ];
}

function anMlpDiscriminatorGivesOneNumber({ discriminator }: Partial<Recipe>): Violation[] {
  const network = discriminator?.network;
  if (!network || !('layers' in network) || network.layers.at(-1)?.units === 1) return [];
  const last = network.layers.length - 1;
  return [
    {
      path: `discriminator.network.layers.${last}.units`,
      expected: '1, the verdict',
      received: network.layers[last]?.units,
    },
  ];
}

/** Of other networks the data's size decides how many layers there are: data-fit.ts. */
function anMlpKeepsALayerThatLearns({ discriminator }: Partial<Recipe>): Violation[] {
  const network = discriminator?.network;
  if (network?.kind !== 'mlp' || discriminator!.freeze < network.layers.length) return [];
  return [
    {
      path: 'discriminator.freeze',
      expected: `fewer than its ${network.layers.length} layers`,
      received: discriminator!.freeze,
    },
  ];
}

function unitsMakeWholeMaps({ generator }: Partial<Recipe>): Violation[] {
  const network = generator?.network;
  if (network?.kind !== 'deconvolution-generator') return [];
  const { layers, maps } = network;
  const [last, pixels] = [layers.length - 1, maps.height * maps.width];
  const units = layers[last]!.units;
  if (units % pixels === 0) return [];
  const path = `generator.network.layers.${last}.units`;
  return [{ path, expected: `a multiple of the ${pixels} pixels of a map`, received: units }];
}

function prefixed(section: string, values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${section}.${name}`, value]));
}
