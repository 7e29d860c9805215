// One model: what its samples are made from, and the two that were picked to morph between.

import { useState } from 'react';
import type { Model } from './App';
import { Controls, type Settings } from './Controls';
import { Morph } from './Morph';
import { type Sample, Samples } from './Samples';
import { Score } from './Score';

export function Studio({ model }: { model: Model }) {
  const [settings, setSettings] = useState<Settings>({ label: null, truncation: 1, seed: 1 });
  const [picked, setPicked] = useState<readonly Sample[]>([]);

  const change = (changed: Partial<Settings>) => {
    setSettings({ ...settings, ...changed });
    setPicked([]);
  };
  /** Picks a sample, or drops one that was picked; of three picks the first goes. */
  const pick = (sample: Sample) => {
    const others = picked.filter(({ seed }) => seed !== sample.seed);
    setPicked(others.length < picked.length ? others : [...others, sample].slice(-2));
  };
  const [from, to] = picked;

  return (
    <main>
      <section aria-labelledby="samples">
        <h2 id="samples">Samples</h2>
        <Controls model={model} settings={settings} onChange={change} />
        <Samples model={model} settings={settings} picked={picked} onPick={pick} />
      </section>
      <section aria-labelledby="morph">
        <h2 id="morph">Morph</h2>
        {from && to ? (
          <Morph model={model} settings={settings} from={from} to={to} />
        ) : (
          <p>{from ? 'Pick another sample.' : 'Pick two samples to see what lies between them.'}</p>
        )}
      </section>
      {model.scoring && (
        <section aria-labelledby="score">
          <h2 id="score">Score your images</h2>
          <Score model={model} />
        </section>
      )}
    </main>
  );
}
