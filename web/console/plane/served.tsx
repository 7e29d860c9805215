// The game as it stands for a model that is served: its samples under the eyes of its scorer.

import { useMemo } from 'preact/hooks';
import { useMay } from '../api/caller';
import { useAnswer } from '../api/use-answer';
import type { ScoredPlacesQuery } from '../gql/graphql';
import { Problem } from '../parts/problem';
import { SCORED, SERVED } from './documents';
import type { Layers } from './draw';
import { Game } from './game';
import { type Known, numbersOf, placesIn, type Scene, sharesOf, slopesOf, windowOf } from './scene';

/** On each axis: as many as one request may score. */
const PLACES = { 1: 128, 2: 32 } as const;
/** Latents on each axis: as many as one request may sample. */
const LATENTS = { 1: 65, 2: 16 } as const;

export function Served({ of, layers }: { of: Known; layers: Layers }) {
  const z = useMemo(() => latentsOf(of), [of]);
  const { data, problem } = useAnswer(SERVED, { model: of.name, data: of.points, z });
  const known = useMemo(() => data && numbersOf(data.points.data), [data]);
  const window = useMemo(() => known && windowOf(known, of.size), [known, of]);
  const mayScore = useMay('SCORER');
  const places = useMemo(() => window && placesIn(window, PLACES[of.size]), [window, of]);
  const scored = useAnswer(SCORED, mayScore && places ? { model: of.name, places } : null);
  const scene = useMemo<Scene | undefined>(() => {
    if (!data || !known || !window) return undefined;
    const flat = (points: readonly { point?: readonly number[] | null }[]) =>
      Float32Array.from(points.flatMap(({ point }) => point ?? []));
    const verdict = verdictOf(scored.data?.score, PLACES[of.size]);
    return {
      ...{ size: of.size, ...window, data: known, samples: flat([...data.samples, ...data.more]), verdict },
      arrows: verdict && { ...slopesOf(verdict, window), name: 'where D(x) rises' },
      map: { columns: LATENTS[of.size], latents: Float32Array.from(z.flat()), points: flat(data.mapped) },
    };
  }, [data, known, window, scored.data, of, z]);
  return (
    <section aria-labelledby="served">
      <h2 id="served">The trained model</h2>
      <Problem of={problem ?? scored.problem} />
      {scene && (
        <Game scene={scene} layers={layers} alt={`${of.title}: data, 512 samples and D, of the model as served`} />
      )}
      <p class="faint">
        {mayScore
          ? 'Blue: more data than samples. Orange: more samples than data. Where the colours fade, D cannot tell them apart, which is what training is for.'
          : 'What D says is shown to those whose key may score.'}
      </p>
    </section>
  );
}

function latentsOf({ prior, size }: Known): number[][] {
  const axis = sharesOf(prior, LATENTS[size]);
  return size === 1 ? axis.map((z) => [z]) : axis.flatMap((second) => axis.map((first) => [first, second]));
}

type Scores = ScoredPlacesQuery['score'];

/** Null until all is there. */
function verdictOf(scores: Scores | undefined, places: number): Scene['verdict'] {
  if (!scores) return null;
  const values = Float32Array.from(scores, (one) =>
    'probability' in one ? (one.probability ?? Number.NaN) : Number.NaN,
  );
  return { places, values, scale: [0, 0.5, 1], name: 'D(x), how likely real' };
}
