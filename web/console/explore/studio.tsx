// All that can be done with a generator of images.

import { useState } from 'preact/hooks';
import { Slider } from '../parts/slider';
import { Classes } from './classes';
import { Directions } from './directions';
import { HowTo } from './how-to';
import { Pad } from './pad';
import type { Model } from './page';
import { addPin, Pins } from './pins';
import { SamplePicture } from './sample-picture';
import { SeedBox } from './seed-box';
import { choiceText, set, useSettings } from './settings';
import { Styles } from './styles';
import { Sweep } from './sweep';
import { useSample } from './use-sample';
import { Wall } from './wall';

export function Studio({ model }: { model: Model }) {
  const settings = useSettings();
  const sample = useSample(model, settings);
  const { seed, truncation, choice } = settings;
  const label = choice.kind === 'mix' ? sample.mixture : choiceText(choice);
  const [wallFrom, setWallFrom] = useState(seed);
  return (
    <div class="studio">
      <section class="card hero" aria-label="The sample">
        <SamplePicture model={model} sample={sample} />
        <SeedBox
          seed={seed}
          onChange={(chosen) => {
            set({ seed: chosen });
            setWallFrom(chosen);
          }}
        />
        <Slider
          label="Truncation"
          value={truncation}
          {...{ min: 0, max: 1, step: 0.01 }}
          shown={truncation === 1 ? '1, the whole prior' : truncation === 0 ? '0, the mean' : `${truncation}`}
          onChange={(chosen) => set({ truncation: chosen === 1 ? undefined : chosen })}
        />
        {model.labels && <Classes labels={model.labels} choice={choice} />}
        <Directions model={model} settings={settings} />
        <p class="links">
          <button type="button" disabled={!sample.shown} onClick={() => addPin(settings, sample, model.labels)}>
            Pin for a morph
          </button>
        </p>
        <HowTo model={model} settings={settings} sample={sample} />
      </section>
      <div class="places">
        <Wall model={model} from={wallFrom} chosen={seed} truncation={truncation} label={label} />
        <Pins model={model} settings={settings} />
        <Pad model={model} settings={settings} />
        {model.styles && <Styles model={model} layers={model.styles.layers} settings={settings} />}
        <Sweep model={model} settings={settings} mixture={sample.mixture} />
      </div>
    </div>
  );
}
