// Training here, live: up to four objectives from the same start, side by side, at a pace that a person sets.

import { useMemo, useRef, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { useMay, useServer } from '../api/caller';
import { useAnswer } from '../api/use-answer';
import { Problem } from '../parts/problem';
import { setSettings, usePlace } from '../place';
import { BEGIN, DATA, END, PACE, RESUME } from './documents';
import type { Layers } from './draw';
import { OBJECTIVES } from './objectives';
import { Run } from './run';
import { type Known, numbersOf } from './scene';

/** Steps a second; null: as fast as it can. */
const SPEEDS: readonly { readonly title: string; readonly perSecond: number | null; readonly showEvery: number }[] = [
  { title: '2 steps a second', perSecond: 2, showEvery: 1 },
  { title: '10 steps a second', perSecond: 10, showEvery: 2 },
  { title: '50 steps a second', perSecond: 50, showEvery: 10 },
  { title: 'as fast as it can', perSecond: null, showEvery: 50 },
];

export function Training({ of, layers }: { of: Known; layers: Layers }) {
  const mayTrain = useMay('ADMIN');
  const { jobs } = useServer();
  if (!mayTrain || !jobs) {
    return (
      <section aria-labelledby="training">
        <h2 id="training">Train it here</h2>
        <p>
          {mayTrain
            ? 'This server takes no jobs, so the trained model above is all there is to see.'
            : 'Training is for admins, because it takes the server’s time: the trained model above is shown to everybody. Whoever runs the server gives out keys.'}
        </p>
      </section>
    );
  }
  return <Table of={of} layers={layers} />;
}

/** Runs in the address: `id` of a job for each. */
function useRuns() {
  const { query } = usePlace();
  const ids = (query['runs'] ?? '').split(',').filter((id) => id !== '');
  return {
    ids,
    setIds: (next: readonly string[]) => setSettings({ runs: next.length > 0 ? next.join(',') : undefined }),
  };
}

function Table({ of, layers }: { of: Known; layers: Layers }) {
  const { ids, setIds } = useRuns();
  const [problem, setProblem] = useState<Error>();
  const [speed, setSpeed] = useState(1);
  const [isRunning, setRunning] = useState(false);
  const steps = useRef(new Map<string, number>());
  const over = useRef(new Set<string>());
  const { data } = useAnswer(DATA, ids.length > 0 ? { data: of.points } : null);
  const known = useMemo(() => data && numbersOf(data.points.data), [data]);

  const attempt = async (work: () => Promise<unknown>) => {
    setProblem(undefined);
    await work().catch(setProblem);
  };
  const each = (work: (id: string, step: number) => Promise<unknown>) =>
    attempt(() => {
      const open = ids.filter((id) => !over.current.has(id));
      return Promise.all(open.map((id) => work(id, steps.current.get(id) ?? 0)));
    });
  const run = (at: number) => {
    setRunning(true);
    const { perSecond: stepsPerSecond, showEvery } = SPEEDS[at]!;
    return each((id) => paceOrResume(id, { stepsPerSecond, showEvery }));
  };
  /** They wait after a step; one that is past is where they are. */
  const hold = (until: (step: number) => number) => {
    setRunning(false);
    return each((id, step) => paceOrResume(id, { until: until(step), showEvery: 1 }));
  };

  if (ids.length === 0) return <Start of={of} onBegun={setIds} />;
  return (
    <section aria-labelledby="training">
      <h2 id="training">Train it here</h2>
      <div class="controls">
        <button type="button" class="main" onClick={() => run(speed)}>
          Run
        </button>
        <button type="button" onClick={() => hold(() => 0)}>
          Pause
        </button>
        <button type="button" onClick={() => hold((step) => step + 1)}>
          Step
        </button>
        <label>
          Speed{' '}
          <select
            value={speed}
            onChange={({ currentTarget }) => {
              const chosen = Number(currentTarget.value);
              setSpeed(chosen);
              if (isRunning) void run(chosen);
            }}
          >
            {SPEEDS.map(({ title }, i) => (
              <option key={title} value={i}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          onClick={() =>
            attempt(async () => {
              await Promise.allSettled(ids.map((id) => ask(END, { id }))); // one that is over is left alone, too
              setIds([]);
            })
          }
        >
          End and begin anew
        </button>
      </div>
      <Problem of={problem} />
      <div class="runs">
        {known &&
          ids.map((id) => (
            <Run
              key={id}
              {...{ id, data: known, layers }}
              onStep={(step) => steps.current.set(id, step)}
              onOver={() => over.current.add(id)}
            />
          ))}
      </div>
      <p class="faint">
        Each run is an ordinary job. One that waits for five minutes is saved and gives its place back.
      </p>
    </section>
  );
}

interface Pace {
  readonly until?: number;
  readonly stepsPerSecond?: number | null;
  readonly showEvery: number;
}

/** One that waited too long was put away. */
async function paceOrResume(id: string, pace: Pace): Promise<void> {
  const { paceJob } = await ask(PACE, { id, pace });
  if (paceJob?.state === 'PAUSED' && pace.until !== 0) await ask(RESUME, { id });
}

function Start({ of, onBegun }: { of: Known; onBegun: (ids: readonly string[]) => void }) {
  const [chosen, choose] = useState<readonly string[]>(['minimax', 'non-saturating']);
  const [seed, setSeed] = useState(1);
  const [isBeginning, setBeginning] = useState(false);
  const [problem, setProblem] = useState<Error>();
  const begin = async () => {
    setBeginning(true);
    setProblem(undefined);
    try {
      onBegun(await beginAll(of, chosen, seed));
    } catch (error) {
      setProblem(error as Error);
      setBeginning(false);
    }
  };
  return (
    <section aria-labelledby="training">
      <h2 id="training">Train it here</h2>
      <p>
        Each objective below gets a generator and a discriminator of its own, with the same first weights, and sees the
        same data in the same order. They wait before their first step.
      </p>
      <form
        class="start"
        onSubmit={(event) => {
          event.preventDefault();
          void begin();
        }}
      >
        <fieldset>
          <legend>Objectives</legend>
          {OBJECTIVES.map(({ name, title, meaning }) => (
            <label key={name} class="objective">
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={({ currentTarget }) =>
                  choose(currentTarget.checked ? [...chosen, name] : chosen.filter((one) => one !== name))
                }
              />
              <span>
                <strong>{title}</strong>: {meaning}
              </span>
            </label>
          ))}
        </fieldset>
        <label>
          Seed{' '}
          <input
            type="number"
            min={0}
            max={4294967295}
            value={seed}
            onInput={({ currentTarget }) => setSeed(currentTarget.valueAsNumber)}
          />
        </label>
        <button type="submit" class="main" disabled={isBeginning || chosen.length === 0}>
          {isBeginning ? 'Beginning …' : 'Begin'}
        </button>
      </form>
      <Problem of={problem} />
    </section>
  );
}

/** In the order of the table above, whatever the order of ticking. What began of them ends where one is refused. */
async function beginAll(of: Known, chosen: readonly string[], seed: number): Promise<string[]> {
  const wanted = OBJECTIVES.filter(({ name }) => chosen.includes(name));
  const begun = await Promise.allSettled(
    wanted.map(({ name, overrides }) =>
      ask(BEGIN, {
        ...{ model: `plane-${of.name}-${name}`, recipe: of.name, dataset: `builtin:${of.name}`, seed },
        overrides: { ...overrides, ...RUN_SETTINGS },
        pace: { until: 0, showEvery: 1 },
      }),
    ),
  );
  const ids = begun.flatMap((one) => (one.status === 'fulfilled' && one.value.train ? [one.value.train.id] : []));
  const refused = begun.find((one) => one.status === 'rejected');
  if (!refused) return ids;
  await Promise.allSettled(ids.map((id) => ask(END, { id })));
  throw refused.reason;
}

/** Warnings come with reports; pictures would only take time here. */
const RUN_SETTINGS = { 'run.reportEverySteps': 200, 'run.previewEverySteps': 100_000 };
