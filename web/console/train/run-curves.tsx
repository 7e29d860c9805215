// The curves of one run, or of two beside each other: numbers that belong together in one plot, with a sentence on how
// to read it. A number that no plot below expects gets one of its own.

import { useMemo } from 'preact/hooks';
import { type Curve, Curves } from '../parts/curves';

export interface CurvesOf {
  /** Told before each line where there are two runs. */
  readonly name: string | null;
  readonly metrics: readonly Curve[];
}

interface Plot {
  readonly title: string;
  readonly how: string;
  readonly names: readonly string[];
}

const PLOTS: readonly Plot[] = [
  {
    title: 'Losses',
    how: 'Of the two players. They need not fall: each is measured against the other.',
    names: ['lossD', 'lossG', 'penalty'],
  },
  {
    title: 'Verdicts of D',
    how: 'Its mean verdict on real examples and on samples, and the share that it puts on the right side. Near ½ each, it can no longer tell them apart.',
    names: ['dReal', 'dFake', 'accuracy'],
  },
  {
    title: 'Gradient norms',
    how: 'How hard each player is pulled. One that stays near 0 learns nothing; one that shoots up is about to break.',
    names: ['gradientD', 'gradientG'],
  },
  {
    title: 'Diversity and coverage',
    how: 'Diversity: how much samples differ, beside how much examples do; far below 1 they are all alike. Coverage: the share of the data that samples come near to; far below 1 they leave parts of it out.',
    names: ['diversity', 'coverage'],
  },
  {
    title: 'Pull',
    how: 'What D’s gradient says to a sample over the distance of two examples.',
    names: ['pull'],
  },
  { title: 'Divergence', how: 'What D’s loss bounds from below.', names: ['divergence'] },
  { title: 'Weight norms', how: 'The length of all weights of a player.', names: ['weightD', 'weightG'] },
];

/** Told by the progress already. */
const LEFT_OUT: ReadonlySet<string> = new Set(['step', 'steps', 'epoch', 'kimg', 'secondsLeft']);

export function RunCurves({ runs, isOver }: { runs: readonly CurvesOf[]; isOver: boolean }) {
  const plots = useMemo(() => plotsOf(runs), [JSON.stringify(runs)]);
  if (plots.length === 0)
    return (
      <p class="faint">
        {isOver
          ? 'No curves: it ended before its first report. “Run” in the recipe says after how many steps that is.'
          : 'No curves yet: the first report draws them.'}
      </p>
    );
  return (
    <section aria-labelledby="curves">
      <h2 id="curves">Curves</h2>
      <div class="plots">
        {plots.map(({ title, how, curves }) => (
          <div key={title}>
            <Curves title={title} curves={curves} />
            <p class="faint">{how}</p>
          </div>
        ))}
      </div>
    </section>
  );
}

function plotsOf(runs: readonly CurvesOf[]) {
  const all = new Set(runs.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  const expected = new Set(PLOTS.flatMap(({ names }) => names));
  const others = [...all].filter((name) => !expected.has(name) && !LEFT_OUT.has(name));
  return [...PLOTS, ...others.map((name) => ({ title: words(name), how: '', names: [name] }))].flatMap((plot) => {
    const curves = runs.flatMap(({ name: run, metrics }) =>
      plot.names.flatMap((name) => {
        const found = metrics.find((metric) => metric.name === name);
        return found ? [{ ...found, name: run === null ? name : `${run}: ${name}` }] : [];
      }),
    );
    return curves.length === 0 ? [] : [{ ...plot, curves }];
  });
}

/** "imagesPerSecond" → "Images per second". */
export function words(name: string): string {
  const spaced = name.replace(
    /([a-z])([A-Z])/g,
    (_, before: string, after: string) => `${before} ${after.toLowerCase()}`,
  );
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
