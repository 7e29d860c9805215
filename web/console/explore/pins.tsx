// Samples that a person pinned, and the morph through them.

import { addressOfSample } from '../api/addresses';
import { useSettled } from '../api/use-settled';
import type { InterpolationMethod } from '../gql/graphql';
import { Picture } from '../parts/picture';
import { Save } from '../parts/save';
import { Slider } from '../parts/slider';
import { Morph, pathOf } from './morph';
import type { Model } from './page';
import {
  addressBase64,
  type Choice,
  choiceText,
  PATHS,
  type Pin,
  pinText,
  readChoice,
  type Settings,
  set,
  waypointOf,
} from './settings';
import type { SampleShown } from './use-sample';

/** As the API allows in a path. */
const MOST = 64;

interface Props {
  readonly model: Model;
  readonly settings: Settings;
}

/** What is shown as it is: with its class, and as a latent where no seed gives it. */
export function addPin(
  settings: Settings,
  { shown, isEdited, mixture }: SampleShown,
  labels: readonly string[] | null,
): void {
  if (!shown) return;
  const choice: Choice = mixture ? readChoice(mixture) : classOf(shown.label, labels);
  const pin: Pin = isEdited ? { z: addressBase64(shown.zBase64), choice } : { seed: settings.seed, choice };
  set({ pins: [...settings.pins, pin].slice(-MOST) });
}

export function classOf(label: string | null, labels: readonly string[] | null): Choice {
  const index = label === null ? -1 : (labels?.indexOf(label) ?? -1);
  return index < 0 ? { kind: 'drawn' } : { kind: 'class', index };
}

export function Pins({ model, settings }: Props) {
  const { pins, truncation } = settings;
  const remove = (at: number) => set({ pins: pins.filter((_, i) => i !== at) });
  const swap = (at: number) =>
    set({ pins: pins.map((pin, i) => (i === at ? pins[at + 1]! : i === at + 1 ? pins[at]! : pin)) });
  return (
    <section class="card" aria-label="Pins and morph">
      <h2>Morph</h2>
      {pins.length < 2 && (
        <p class="faint">
          Pin two samples or more, and see what lies between them. There {pins.length === 1 ? 'is one' : 'are none'} so
          far.
        </p>
      )}
      <ol class="pins">
        {pins.map((pin, i) => (
          <li key={`${i} ${pinText(pin)}`}>
            <Picture
              address={addressOfPin(model, pin, truncation)}
              alt={`Pin ${i + 1}: ${nameOf(pin, model.labels)}`}
            />
            <span class="faint">{nameOf(pin, model.labels)}</span>
            <span>
              <button type="button" aria-label={`Remove pin ${i + 1}`} onClick={() => remove(i)}>
                ×
              </button>
              {i < pins.length - 1 && (
                <button type="button" aria-label={`Swap pins ${i + 1} and ${i + 2}`} onClick={() => swap(i)}>
                  ⇄
                </button>
              )}
            </span>
          </li>
        ))}
      </ol>
      {pins.length >= 2 && <Between model={model} settings={settings} />}
    </section>
  );
}

const SAYS: Readonly<Record<InterpolationMethod, string>> = {
  SLERP: 'along great circles',
  LINEAR: 'along straight lines',
  CUBIC: 'along one smooth curve',
};

function Between({ model, settings }: Props) {
  const { pins, truncation, path: method, loop, frames } = settings;
  const waypoints = pins.map((pin) => waypointOf(pin, model.labels));
  const path = useSettled(pathOf(model, waypoints, { truncation, method, loop, steps: frames }));
  return (
    <>
      <p class="links">
        <label class="chooser">
          Way
          <select
            value={method}
            onChange={({ currentTarget }) => set({ path: currentTarget.value as InterpolationMethod })}
          >
            {PATHS.map((one) => (
              <option key={one} value={one}>
                {SAYS[one]}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={loop} onChange={() => set({ loop: !loop })} /> and back to the first
        </label>
      </p>
      <Slider
        label="Frames in all"
        value={frames}
        {...{ min: 2, max: 96, step: 1 }}
        onChange={(chosen) => set({ frames: chosen })}
      />
      <Morph model={model} name="Morph" path={path} />
      <p class="links">
        <Save
          address={`data:text/csv;charset=utf-8,${encodeURIComponent(seedList(model, settings))}`}
          name={`${model.name}-seeds.csv`}
        >
          Seed list
        </Save>
      </p>
    </>
  );
}

export const addressOfPin = (model: Model, { seed, z, choice }: Pin, truncation: number) =>
  addressOfSample(model, z === undefined ? `${seed}` : `z:${z}`, truncation, choiceText(choice));

function nameOf({ seed, choice }: Pin, labels: readonly string[] | null): string {
  const place = seed === undefined ? 'a latent' : `seed ${seed}`;
  if (choice.kind === 'mix') return `${place}, a mixture`;
  return choice.kind === 'class' ? `${place}, class ${labels?.[choice.index] ?? choice.index}` : place;
}

/** A line each: all that the pinned samples are made of. */
function seedList(model: Model, { pins, truncation }: Settings): string {
  const lines = pins.map((pin) => {
    const { seed, z, choice } = pin;
    const label = choice.kind === 'class' ? (model.labels?.[choice.index] ?? '') : choiceText(choice);
    return [model.name, model.version, seed ?? '', z ?? '', truncation, quoted(label)].join();
  });
  return `${['model,version,seed,z,truncation,class', ...lines].join('\r\n')}\r\n`;
}

/** RFC 4180. */
const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
