// One run, live: the game, how far it is, its losses and its warnings.

import { useMemo, useState } from 'preact/hooks';
import { useSubscription } from '../api/subscribe';
import { useAnswer } from '../api/use-answer';
import type { GameNewsSubscription, GameViewsSubscription } from '../gql/graphql';
import { type Curve, Curves } from '../parts/curves';
import { Problem } from '../parts/problem';
import { NEWS, RUN, VIEWS } from './documents';
import type { Layers } from './draw';
import { Game } from './game';
import { titleOf } from './objectives';
import { sceneOf } from './scene';

interface Props {
  readonly id: string;
  readonly data: Float32Array;
  readonly layers: Layers;
  readonly onStep: (step: number) => void;
  readonly onOver: () => void;
}

type View = GameViewsSubscription['jobViews'];
type Job = GameNewsSubscription['jobProgress']['job'];

export function Run({ id, data, layers, onStep, onOver }: Props) {
  const asked = useAnswer(RUN, { id });
  const [view, setView] = useState<View>();
  const [curves, setCurves] = useState<readonly Curve[]>([]);
  const [job, setJob] = useState<Job>();
  const [warnings, setWarnings] = useState<readonly string[]>([]);
  const problem = useSubscription(VIEWS, { id }, ({ jobViews }) => {
    setView(jobViews);
    setCurves((before) => grown(before, jobViews));
    onStep(jobViews.step);
  });
  const missed = useSubscription(NEWS, { id }, ({ jobProgress: { kind, text, job: now } }) => {
    setJob(now);
    if (['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(now.state)) onOver();
    if (kind === 'warning' && text) setWarnings((before) => [...before, text].slice(-MOST_WARNINGS));
  });
  const scene = useMemo(() => view && sceneOf(view, data), [view, data]);
  const title = titleOf(objectiveOf(asked.data?.job.arguments));
  return (
    <article class="card" aria-label={title}>
      <h3>{title}</h3>
      <p>
        Step <output aria-label={`Step of ${title}`}>{view ? view.step.toLocaleString('en') : '–'}</output>{' '}
        <span class="faint" aria-live="polite">
          {wordsOf(job, view)}
        </span>
      </p>
      <Problem of={asked.problem ?? problem ?? missed} />
      {job?.error && <p class="problem">{job.error.message}</p>}
      {scene && <Game scene={scene} layers={layers} alt={`${title}: data, samples and D at step ${view?.step}`} />}
      {curves.length > 0 && <Curves title="Losses" curves={curves} height={140} />}
      <ul class="warnings" aria-label={`Warnings of ${title}`} aria-live="polite">
        {warnings.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </article>
  );
}

const MOST_WARNINGS = 6;

/** In the arguments of `train`, as they came. */
function objectiveOf(args: unknown): string {
  const { overrides } = (args ?? {}) as { overrides?: { objective?: unknown } };
  return typeof overrides?.objective === 'string' ? overrides.objective : 'Run';
}

function wordsOf(job: Job | undefined, view: View | undefined): string {
  if (!job || job.state === 'QUEUED') return 'waits for a place';
  if (job.state !== 'RUNNING') return ENDINGS[job.state] ?? job.state.toLowerCase();
  if (!view) return 'starts';
  return view.waiting ? 'paused' : 'runs';
}

const ENDINGS: Readonly<Record<string, string>> = {
  PAUSED: 'saved and put away; Run or Step fetches it',
  SUCCEEDED: 'done, and served as a model of its own',
};

const NAMES: Readonly<Record<string, string>> = { lossD: 'loss of D', lossG: 'loss of G' };
/** Of a curve; then every second one goes. */
const MOST_POINTS = 600;

function grown(before: readonly Curve[], { step, metrics }: View): readonly Curve[] {
  const told = metrics.filter(({ name }) => name in NAMES);
  if (told.length === 0 || (before[0]?.at.at(-1) ?? -1) >= step) return before;
  return told.map(({ name, values }, i) => {
    const curve = {
      name: NAMES[name]!,
      at: [...(before[i]?.at ?? []), step],
      values: [...(before[i]?.values ?? []), values[0]!],
    };
    return curve.at.length > MOST_POINTS ? thinned(curve) : curve;
  });
}

function thinned({ name, at, values }: Curve): Curve {
  const isKept = (_: number, i: number) => i % 2 === 1;
  return { name, at: at.filter(isKept), values: values.filter(isKept) };
}
