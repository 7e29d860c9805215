// The game as it stands for a model that is served: its samples under the eyes of its scorer.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { useMay } from '../api/caller';
import { useAnswer } from '../api/use-answer';
import type { ScoredPlacesQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { LATENT, SCORED, SERVED } from './documents';
import type { Layers } from './draw';
import { Game } from './game';
import { type Known, numbersOf, placesIn, type Scene, sharesOf, slopesOf, windowOf } from './scene';

/** On each axis. */
const PLACES = { 1: 128, 2: 64 } as const;
/** As many as one request may score. */
const AT_ONCE = 1024;
/** Latents on each axis: as many as one request may sample. */
const LATENTS = { 1: 65, 2: 16 } as const;

export function Served({ of, layers }: { of: Known; layers: Layers }) {
  const asked = useAnswer(LATENT, { model: of.name });
  const numbers = asked.data?.model.latentSize;
  const z = useMemo(() => (numbers === undefined ? null : latentsOf(of, numbers)), [of, numbers]);
  const { data, problem } = useAnswer(SERVED, z && { model: of.name, data: of.points, z });
  const known = useMemo(() => data && numbersOf(data.points.data), [data]);
  const window = useMemo(() => known && windowOf(known, of.size), [known, of]);
  const mayScore = useMay('SCORER');
  const places = useMemo(() => window && placesIn(window, PLACES[of.size]), [window, of]);
  const scored = useScores(of.name, mayScore ? places : undefined);
  const scene = useMemo<Scene | undefined>(() => {
    if (!data || !known || !window || !z) return undefined;
    const flat = (points: readonly { point?: readonly number[] | null }[]) =>
      Float32Array.from(points.flatMap(({ point }) => point ?? []));
    const verdict = verdictOf(scored.scores, PLACES[of.size]);
    return {
      ...{ size: of.size, ...window, data: known, samples: flat([...data.samples, ...data.more]), verdict },
      arrows: verdict && { ...slopesOf(verdict, window), name: 'where D(x) rises' },
      map: {
        columns: LATENTS[of.size],
        latents: Float32Array.from(z.flatMap((one) => one.slice(0, of.size))),
        points: flat(data.mapped),
      },
    };
  }, [data, known, window, scored.scores, of, z]);
  return (
    <section aria-labelledby="served">
      <h2 id="served">The trained model</h2>
      <Problem of={asked.problem ?? problem ?? scored.problem} />
      {scene && (
        <Game scene={scene} layers={layers} alt={`${of.title}: data, 512 samples and D, of the model as served`} />
      )}
      <p class="faint">{mayScore ? MEANINGS[of.size] : 'What D says is shown to those whose key may score.'}</p>
    </section>
  );
}

const MEANINGS = {
  1: 'Where D is above ½ there is more data than samples; at ½ it cannot tell them apart, which is what training is for. Where neither are, D says nothing that means anything, and is left out.',
  2: 'Blue: more data than samples. Orange: more samples than data. Faded: D cannot tell them apart, which is what training is for, or neither are there, and D says nothing that means anything.',
} as const;

/** What the scorer says of each place, in as many requests as that takes; undefined until all is there. */
function useScores(model: string, places: readonly number[][] | undefined) {
  const [told, tell] = useState<{ scores?: Scores; problem?: Error }>({});
  useEffect(() => {
    if (!places) return;
    const leaving = new AbortController();
    const parts = Array.from({ length: Math.ceil(places.length / AT_ONCE) }, (_, i) =>
      ask(SCORED, { model, places: places.slice(i * AT_ONCE, (i + 1) * AT_ONCE) }, leaving.signal),
    );
    Promise.all(parts).then(
      (answers) => tell({ scores: answers.flatMap(({ score }) => score) }),
      (problem: Error) => leaving.signal.aborted || tell({ problem }),
    );
    return () => leaving.abort();
  }, [model, places]);
  return told;
}

/** As many of their numbers as a point has vary; the others, if there are more, are in the middle of the prior. */
function latentsOf({ prior, size }: Known, numbers: number): number[][] {
  const axis = sharesOf(prior, LATENTS[size]);
  const varied = size === 1 ? axis.map((z) => [z]) : axis.flatMap((second) => axis.map((first) => [first, second]));
  const others = new Array<number>(Math.max(0, numbers - size)).fill(0);
  return varied.map((z) => [...z, ...others]);
}

type Scores = ScoredPlacesQuery['score'];

/** Null until all is there. */
function verdictOf(scores: Scores | undefined, places: number): Scene['verdict'] {
  if (!scores) return null;
  const numbers = (of: (score: Extract<Scores[number], { probability: number | null }>) => number | null) =>
    Float32Array.from(scores, (one) => ('probability' in one ? (of(one) ?? Number.NaN) : Number.NaN));
  const values = numbers(({ probability }) => probability);
  const weights = numbers(({ familiarity }) => familiarity ?? 1); // a scorer that a game leaves behind does not say
  return { places, values, weights, scale: [0, 0.5, 1], name: 'D(x), how likely real' };
}
