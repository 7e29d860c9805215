// How a picture may go on where it is hidden: eight completions, and eight others.

import { useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { ClassOptions } from '../parts/class-options';
import { Problem } from '../parts/problem';
import { type Completed, INPAINT, type Model } from './documents';
import { isBlank, type Mask, maskRaster, pngOf, type Raster } from './raster';
import { Still } from './still';
import { useFollowing } from './use-following';

interface Props {
  readonly model: Model;
  /** Both as they were when the pen was lifted. */
  readonly raster: Raster;
  readonly mask: Mask;
}

const COUNT = 8;

export function Completions({ model, raster, mask }: Props) {
  const [seed, setSeed] = useState(0);
  const [label, setLabel] = useState('');
  const isTold = model.graphs.some(({ capability, takesLabel }) => capability === 'INPAINT' && takesLabel);
  const hides = mask.some((hidden) => hidden === 1);
  const asked = useMemo(
    () => (hides && !isBlank(raster) ? { model, raster, mask, seed, label: isTold && label ? label : null } : null),
    [model, raster, mask, seed, label, hides, isTold],
  );
  const { answer, problem, waiting } = useFollowing(asked, async ({ model: { name, version }, ...of }, signal) => {
    const [image, hidden] = await Promise.all([pngOf(of.raster), pngOf(maskRaster(of.mask, of.raster))]);
    const variables = { model: name, version, image, hidden, count: COUNT, seed: of.seed, label: of.label };
    return (await ask(INPAINT, variables, signal)).inpaint;
  });
  return (
    <section aria-labelledby="complete">
      <h2 id="complete">Complete</h2>
      <p class="faint">
        Hide a part of the picture, by the pen or by the buttons below it: {model.name} makes {COUNT} ways in which it
        may go on there. What is seen stays as it is.
      </p>
      <div class="choices">
        <button type="button" disabled={!asked} onClick={() => setSeed((last) => last + COUNT)}>
          {COUNT} others
        </button>
        {isTold && (
          <label class="chooser">
            As a
            <select value={label} onChange={({ currentTarget }) => setLabel(currentTarget.value)}>
              <option value="">class of each seed</option>
              <ClassOptions labels={model.labels!} />
            </select>
          </label>
        )}
      </div>
      <ul class="stills" aria-label="Completions" aria-busy={waiting}>
        {answer?.map((each, i) => (
          <li key={i}>
            <One of={each} />
          </li>
        ))}
      </ul>
      {!hides && <p class="faint">Nothing is hidden yet.</p>}
      <Problem of={problem} />
    </section>
  );
}

function One({ of }: { of: Completed }) {
  if ('message' in of) return <Problem of={new Error(of.message)} />;
  return (
    <Still address={of.image.dataUri} alt={`Completion of seed ${of.seed}`}>
      seed {of.seed}
      {of.label !== null && `, a ${of.label}`}
    </Still>
  );
}
