// For which class the picture is taken: the probabilities follow the pen, and it is said when erasing has changed it.

import { useEffect, useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { Refusal } from '../api/refusal';
import { Problem } from '../parts/problem';
import { CLASSIFY, type Classification, type Model } from './documents';
import { isBlank, pngOf, type Raster } from './raster';
import { type Following, useFollowing } from './use-following';

export type Taken = Following<{ readonly raster: Raster }, Classification>;

export function useClasses(model: Model | undefined, raster: Raster): Taken {
  const canTell = model?.capabilities.includes('classify') && !isBlank(raster);
  const asked = useMemo(() => (canTell ? { raster, model: model! } : null), [canTell, raster, model]);
  return useFollowing(asked, async ({ raster: shown, model: { name, version } }, signal) => {
    const { classify } = await ask(CLASSIFY, { model: name, version, images: [await pngOf(shown)] }, signal);
    return orThrow<Classification>(classify[0]!);
  });
}

/** An entry's fault, as any other. */
export function orThrow<T extends object>(entry: T | { readonly code: string; readonly message: string }): T {
  if ('code' in entry) throw new Refusal(entry.message as string, entry.code as string, null);
  return entry as T;
}

interface Props {
  readonly taken: Taken;
  readonly model: Model;
  /** Before erasing began; null where nothing was erased. */
  readonly whole: Raster | null;
  readonly raster: Raster;
}

export function Classes({ taken: { answer, problem, waiting }, model: { name, labels }, whole, raster }: Props) {
  const before = useBefore(whole, answer?.label);
  const most = answer?.classes[0];
  const probabilities = new Map(answer?.classes.map(({ label, probability }) => [label, probability]));
  return (
    <section aria-labelledby="classes" aria-busy={waiting}>
      <h2 id="classes">What {name} takes it for</h2>
      <p role="status" class="verdict">
        {most ? (
          <>
            {most.label} <span class="faint">with {(100 * most.probability).toFixed(0)} %</span>
          </>
        ) : (
          <span class="faint">Draw something, or take a sample.</span>
        )}
      </p>
      {whole && before !== undefined && answer && before !== answer.label && (
        <p class="turned" role="status">
          Erasing has turned {before} into {answer.label}: {erasedShare(whole, raster)} of its light is gone.
        </p>
      )}
      <ul class="bars">
        {labels?.map((label) => (
          <li key={label} class={label === most?.label ? 'most' : ''}>
            <span>{label}</span>
            <meter value={probabilities.get(label) ?? 0} aria-label={`Probability of class ${label}`} />
            <span>{(100 * (probabilities.get(label) ?? 0)).toFixed(1)} %</span>
          </li>
        ))}
      </ul>
      <Problem of={problem} />
    </section>
  );
}

/** The class that it had when erasing began. */
function useBefore(whole: Raster | null, label: string | undefined): string | undefined {
  const [before, setBefore] = useState<string>();
  useEffect(() => {
    setBefore(whole ? label : undefined);
  }, [whole]);
  return before;
}

function erasedShare(whole: Raster, left: Raster): string {
  const light = ({ data }: Raster) => data.reduce((sum, level, i) => (i % 4 === 3 ? sum : sum + level), 0);
  return `${(100 * (1 - light(left) / Math.max(1, light(whole)))).toFixed(0)} %`;
}
