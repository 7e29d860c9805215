// The plane through three samples, walked by a finger, a mouse or two sliders.

import { useRef } from 'preact/hooks';
import { here } from '../api/addresses';
import { useAnswer } from '../api/use-answer';
import { useLatest } from '../api/use-latest';
import { useSettled } from '../api/use-settled';
import { graphql } from '../gql';
import { Picture } from '../parts/picture';
import { Problem } from '../parts/problem';
import { Slider } from '../parts/slider';
import type { Model } from './page';
import { classOf } from './pins';
import { atWeights, blendOf, floatsOf, toBase64, weightsAt } from './plane';
import { SeedBox } from './seed-box';
import { addressBase64, classArguments, readChoice, type Settings, set } from './settings';

const CORNERS = graphql(`
  query Corners(
    $model: String!
    $version: Int!
    $truncation: Float!
    $label: String
    $labels: [LabelWeight!]
    $a: Seed!
    $b: Seed!
    $c: Seed!
  ) {
    a: sample(model: $model, version: $version, seed: $a, truncation: $truncation, label: $label, labels: $labels) {
      ...Corner
    }
    b: sample(model: $model, version: $version, seed: $b, truncation: $truncation, label: $label, labels: $labels) {
      ...Corner
    }
    c: sample(model: $model, version: $version, seed: $c, truncation: $truncation, label: $label, labels: $labels) {
      ...Corner
    }
  }

  fragment Corner on Sample {
    zBase64
    labels {
      label
      weight
    }
    image {
      url
    }
  }
`);

const AT = graphql(`
  query AtLatent($model: String!, $version: Int!, $z: [Latent!]!, $labels: [LabelWeight!]) {
    sample(model: $model, version: $version, z: $z, labels: $labels) {
      zBase64
      label
      image {
        url
        dataUri
      }
    }
  }
`);

interface Props {
  readonly model: Model;
  readonly settings: Settings;
}

export function Pad({ model, settings }: Props) {
  const { truncation, choice, corners, across, up } = settings;
  const [a, b, c] = corners;
  const asked = { model: model.name, version: model.version, truncation, a, b, c };
  const { data, problem } = useAnswer(CORNERS, useSettled({ ...asked, ...classArguments(choice, model.labels) }));
  const found = data && [data.a[0]!, data.b[0]!, data.c[0]!];
  const weights = weightsAt(across, up);
  const point = found && {
    z: [
      toBase64(
        atWeights(
          found.map(({ zBase64 }) => floatsOf(zBase64)),
          weights,
          model.prior,
        ),
      ),
    ],
    labels: blendOf(
      found.map(({ labels }) => labels),
      weights,
    ),
  };
  const at = useLatest(AT, point ? { model: model.name, version: model.version, ...point } : null, ({ sample }) =>
    decodedImage(sample[0]?.image?.dataUri),
  );
  const shown = at.data?.sample[0];
  const corner = (i: number) => (seed: number) =>
    set({ corners: corners.map((old, j) => (j === i ? seed : old)) as [number, number, number] });
  const pin = () => {
    if (!shown) return;
    const mixture = shown.image?.url && /[?&]labels=([^&]+)/.exec(here(shown.image.url))?.[1];
    const own = mixture ? readChoice(mixture) : classOf(shown.label, model.labels);
    set({ pins: [...settings.pins, { z: addressBase64(shown.zBase64), choice: own }] });
  };
  return (
    <section class="card" aria-label="Plane through three samples">
      <h2>Plane through three samples</h2>
      <p class="faint">Drag over the square: every point of it is a sample, and its corners are the three below.</p>
      <Problem of={problem ?? at.problem} />
      <div class="pad-and-picture">
        <Square across={across} up={up} corners={found?.map(({ image }) => image?.url && here(image.url)) ?? []} />
        {shown?.image && (
          <img
            class="picture large"
            src={shown.image.dataUri}
            width={model.image!.width}
            height={model.image!.height}
            alt={`The sample at ${percent(across)} to the right and ${percent(up)} up`}
          />
        )}
      </div>
      <Slider
        label="To the right"
        value={across}
        {...UNIT}
        shown={percent(across)}
        onChange={(value) => set({ across: value })}
      />
      <Slider label="Up" value={up} {...UNIT} shown={percent(up)} onChange={(value) => set({ up: value })} />
      <ul class="pins">
        {['Lower left', 'Lower right', 'Upper left'].map((name, i) => (
          <li key={name}>
            {found?.[i]?.image?.url && (
              <Picture address={here(found[i].image.url)} alt={`${name}: seed ${corners[i]}`} />
            )}
            <SeedBox label={name} seed={corners[i]!} onChange={corner(i)} />
          </li>
        ))}
      </ul>
      <p class="links">
        <button type="button" disabled={!shown} onClick={pin}>
          Pin this point
        </button>
      </p>
    </section>
  );
}

const UNIT = { min: 0, max: 1, step: 0.01 };

const percent = (share: number) => `${Math.round(100 * share)} %`;

async function decodedImage(source: string | undefined): Promise<void> {
  if (source === undefined) return;
  const image = new Image();
  image.src = source;
  await image.decode();
}

const CORNER = ['lower left', 'lower right', 'upper left'];

/** For pointers; the two sliders do the same by keyboard. */
function Square({
  across,
  up,
  corners,
}: {
  across: number;
  up: number;
  corners: readonly (string | null | undefined)[];
}) {
  const square = useRef<HTMLDivElement>(null);
  const follow = ({ clientX, clientY, buttons }: PointerEvent) => {
    if (buttons === 0) return;
    const { left, top, width, height } = square.current!.getBoundingClientRect();
    set({ across: rounded((clientX - left) / width), up: rounded(1 - (clientY - top) / height) });
  };
  return (
    <div
      ref={square}
      class="square"
      aria-hidden="true"
      data-testid="square"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        follow(event);
      }}
      onPointerMove={follow}
    >
      {corners.map(
        (address, i) =>
          address && (
            <span key={address} class={`corner ${CORNER[i]}`}>
              <Picture small address={address} alt="" />
            </span>
          ),
      )}
      <span class="knob" style={{ left: `${100 * across}%`, bottom: `${100 * up}%` }} />
    </div>
  );
}

const rounded = (share: number) => Math.round(1000 * Math.min(1, Math.max(0, share))) / 1000;
