// `ganymede fit classifier` as a long work: probes on features and on pixels at each number of labels, and the next
// version of the model with the graphs features and classify.
import type { Dataset } from '../../datasets/dataset.js';
import { GanymedeError } from '../../errors.js';
import { type WorkContext, working } from '../../work.js';
import {
  classifyGraph,
  discriminatorFeatures,
  encoderFeatures,
  type FeatureSource,
  featuresGraph,
  together,
} from './feature-sources.js';
import { AS_TRAINED, type Demands, evaluationOf, type FitOptions, openFit } from './fitting.js';
import type { Fixed } from './fixed-model.js';
import { DECAY } from './probe.js';
import { labelledClasses, mostLabels, type ProbeRow, probeTable } from './probe-table.js';
import { addGraphs } from './version.js';

export interface FitClassifierOptions extends FitOptions {
  /** Whose last hidden layer; `discriminator` without it. */
  readonly on?: 'discriminator' | 'encoder' | 'both';
  /** Another hidden layer of the discriminator, counted from 1. */
  readonly layer?: number;
  /** Numbers of labels; those of 10, 50, 100 and 1000 that the data has without it. */
  readonly labels?: readonly number[];
  readonly draws?: number;
}

/** The path of the new version; null when stopped. */
export function fitClassifier(options: FitClassifierOptions, context?: WorkContext): Promise<string | null> {
  return working(context, async (report) => {
    const { checkpoint, on = 'discriminator', layer, draws = 5, labels: asked } = options;
    const settings = { on, layer: layer ?? null, labels: asked ?? COUNTS, draws };
    const fit = await openFit(options, 'classifier', settings, report, classifierDemands(options));
    const { fixed, dataset, train, held, run, seed, threads } = fit;
    const labels = labelledClasses(dataset);
    const counts = countsFor(train, asked);
    const sources = await sourcesOf(fixed, options);
    const source = together(sources);
    const features = featuresGraph(fixed, source);
    report.metric('columns', {}, 'labels  right by features   right by pixels     (%, mean ± s.d. of the draws)');
    const { rows, probe } = await probeTable(
      {
        ...{ features, tensor: fixed.tensor, train, held, counts, draws, seed, threads },
        blocks: sources.map(({ size }) => size),
        onRow: (row) => report.metric('row', { ...row }, lineOf(row)),
      },
      { run, report },
    );
    const path = await addGraphs(
      checkpoint,
      {
        out: options.out,
        beside: options.beside,
        graphs: { features, classify: classifyGraph(fixed, source, probe) },
        labels,
        evaluation: evaluationOf('probe', fit, {
          features: source.name,
          size: source.size,
          // A conditional model learnt with every label: then few labels are not few.
          modelSawLabels: fixed.classes !== undefined,
          draws,
          decay: DECAY,
          rows,
        }),
      },
      report,
    );
    await run.finish();
    report.checkpoint(path);
    report.endsWith({ done: `Checkpoint ${path} has the graphs features and classify.` });
    return path;
  });
}

const COUNTS: readonly number[] = [10, 50, 100, 1000];

/** Refused before the first probe is trained. @throws GanymedeError CONFIG_INVALID */
function countsFor(train: Dataset, asked: readonly number[] | undefined): readonly number[] {
  const most = mostLabels(train);
  const beyond = asked?.find((count) => count > most);
  if (beyond !== undefined) {
    const message = `Expected --labels of at most ${most}, as many as ${train.name} has with equally many of each class, but received ${beyond}.`;
    throw new GanymedeError('CONFIG_INVALID', message);
  }
  const those = (asked ?? COUNTS).filter((count) => count <= most);
  return those.length > 0 ? those : [most];
}

/** Labels, and the network whose features they are read off. */
export function classifierDemands(options: FitClassifierOptions): Demands {
  if (options.on === 'encoder' && options.layer !== undefined) {
    const message = 'Expected no --layer with --on encoder: it counts those of the discriminator.';
    throw new GanymedeError('CONFIG_INVALID', message);
  }
  return {
    ...AS_TRAINED,
    async meets(fixed, dataset) {
      labelledClasses(dataset);
      await sourcesOf(fixed, options);
    },
  };
}

async function sourcesOf(
  fixed: Fixed,
  { checkpoint, on = 'discriminator', layer }: FitClassifierOptions,
): Promise<FeatureSource[]> {
  return [
    ...(on === 'encoder' ? [] : [discriminatorFeatures(fixed, layer)]),
    ...(on === 'discriminator' ? [] : [await encoderFeatures(fixed, checkpoint)]),
  ];
}

function lineOf({ labels, features, pixels }: ProbeRow): string {
  const share = ({ mean, deviation }: ProbeRow['features']) =>
    `${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)}`.padEnd(20);
  return `${String(labels).padEnd(8)}${share(features)}${share(pixels)}`.trimEnd();
}
