// What the model makes of a picture: a latent is found for it, by the encoder and then by descent, and made a picture
// again, beside the one that was sent.

import { useMemo, useState } from 'preact/hooks';
import { ask } from '../api/ask';
import { blobOf } from '../api/data-uri';
import { ClassOptions } from '../parts/class-options';
import { Problem } from '../parts/problem';
import { Slider } from '../parts/slider';
import { usePlace } from '../place';
import { orThrow, type Taken } from './classes';
import { ENCODE, type Encoding, type Model } from './documents';
import { difference, isBlank, pngOf, type Raster, rasterOf } from './raster';
import { Still } from './still';
import { useFollowing } from './use-following';

interface Props {
  readonly model: Model;
  /** As it was when the pen was lifted. */
  readonly raster: Raster;
  readonly taken: Taken;
}

interface Asked {
  readonly raster: Raster;
  readonly model: Model;
  readonly label: string | null;
  /** Steps of descent. */
  readonly refine: number | null;
}

interface Made {
  readonly encoding: Encoding;
  readonly made: Raster;
}

export function Reconstruction({ model, raster, taken }: Props) {
  const [steps, setSteps] = useState(200);
  const [chosen, setChosen] = useState('');
  const [refining, refine] = useState<{ readonly raster: Raster; readonly steps: number }>();
  const canTell = model.capabilities.includes('classify');
  const ofSample = usePlace().query['class'];
  const label = labelOf(model, canTell ? chosen : chosen || ofSample, raster, taken);
  const isEmpty = isBlank(raster);
  const asking = (steps: number | null) => (label === undefined ? undefined : { raster, model, label, refine: steps });
  const asked = useMemo(
    () => (isEmpty || !model.capabilities.includes('encode') ? null : asking(null)),
    [isEmpty, raster, model, label],
  );
  const askedToRefine = useMemo(
    () => (isEmpty || refining?.raster !== raster ? null : asking(refining.steps)),
    [isEmpty, raster, model, label, refining],
  );
  const encoded = useFollowing(asked, encode);
  const refined = useFollowing(askedToRefine, encode);
  return (
    <section aria-labelledby="reconstruct">
      <h2 id="reconstruct">Reconstruct</h2>
      <p class="faint">
        {model.capabilities.includes('encode')
          ? `The encoder of ${model.name} guesses which random numbers would make this picture, and descent along the generator’s gradient comes nearer.`
          : `${model.name} has no encoder: descent begins at the nearest of 32 samples and follows the generator’s gradient.`}
      </p>
      <div class="choices">
        {isTold(model) && (
          <label class="chooser">
            As a
            <select
              value={canTell ? chosen : (label ?? '')}
              onChange={({ currentTarget }) => setChosen(currentTarget.value)}
            >
              {canTell && (
                <option value="">{taken.answer ? `${taken.answer.label}, as it looks` : 'what it looks like'}</option>
              )}
              <ClassOptions labels={model.labels!} />
            </select>
          </label>
        )}
        <Slider label="Steps of descent" value={steps} min={10} max={500} step={10} onChange={setSteps} />
        <button type="button" disabled={isEmpty} onClick={() => refine({ raster, steps })}>
          Refine
        </button>
      </div>
      <div class="stills" aria-busy={encoded.waiting || refined.waiting}>
        {!isEmpty && (
          <Still raster={raster} alt="Your picture">
            Your picture
          </Still>
        )}
        {encoded.answer && <Side of={encoded.answer} raster={encoded.about!.raster} name="Encoded" />}
        {refined.answer && <Side of={refined.answer} raster={refined.about!.raster} name="Refined" />}
      </div>
      <p role="status" class="faint">
        {refined.waiting && 'Refining. The first time, the gradient is worked out, which takes seconds.'}
      </p>
      <Problem of={refined.problem ?? encoded.problem} />
    </section>
  );
}

const isTold = ({ graphs, labels }: Model) =>
  labels !== null &&
  graphs.some(({ capability, takesLabel }) => takesLabel && ['GENERATE', 'ENCODE'].includes(capability));

/** Null where no class is wanted, undefined where it is not known yet. */
function labelOf(
  model: Model,
  chosen: string | undefined,
  raster: Raster,
  { answer, about }: Taken,
): string | null | undefined {
  if (!isTold(model)) return null;
  if (chosen !== undefined && model.labels!.includes(chosen)) return chosen;
  if (!model.capabilities.includes('classify')) return model.labels![0];
  return about?.raster === raster ? answer?.label : undefined;
}

async function encode({ raster, model, label, refine }: Asked, signal: AbortSignal): Promise<Made> {
  const { name, version } = model;
  const labels = label === null ? null : [label];
  const images = [await pngOf(raster)];
  const { encode: answers } = await ask(ENCODE, { model: name, version, images, labels, refine }, signal);
  const encoding = orThrow<Encoding>(answers[0]!);
  const made = await rasterOf(blobOf(encoding.reconstruction.image!.dataUri), raster);
  return { encoding, made };
}

function Side({ of: { encoding, made }, raster, name }: { of: Made; raster: Raster; name: string }) {
  const { error, refined } = encoding;
  const off = error === null ? null : `${(100 * Math.sqrt(error)).toFixed(1)} %`;
  return (
    <>
      <Still raster={made} alt={`${name}: what the model makes of it`}>
        {name}
        {refined && ` in ${refined.steps} steps`}
        {off !== null && (
          <>
            : a pixel is off by <strong>{off}</strong>{' '}
            <span class="faint">(mean squared difference {error!.toPrecision(3)})</span>
          </>
        )}
      </Still>
      <Still raster={difference(raster, made)} alt={`${name}: where it differs`}>
        Where it differs
      </Still>
    </>
  );
}
