// One model: samples, what it can do, what was measured on it, and where it comes from.

import { useState } from 'preact/hooks';
import { maySo, useServer } from '../api/caller';
import { PAGES } from '../pages';
import { hrefOf } from '../place';
import { Details } from './details';
import type { Model } from './page';
import { Samples } from './samples';

export function Card({ model, seed }: { model: Model; seed: number }) {
  const [isOpen, setOpen] = useState(false);
  const id = `model-${model.name}`;
  return (
    <li>
      <article class="card" aria-labelledby={id}>
        <Samples model={model} seed={seed} />
        <h2 id={id}>{model.title}</h2>
        <p>{model.description}</p>
        <ul class="abilities" aria-label="What it can do">
          {abilitiesOf(model).map((ability) => (
            <li key={ability}>{ability}</li>
          ))}
        </ul>
        <p class="faint">
          <code>{model.name}</code>, version {model.version}
          {model.versions.length > 1 && ` of ${model.versions.join(', ')}`} · {model.license}
        </p>
        <Links model={model} />
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>How good it is, and where it comes from</summary>
          {isOpen && <Details model={model} />}
        </details>
      </article>
    </li>
  );
}

function Links({ model }: { model: Model }) {
  const server = useServer();
  const links = PAGES.flatMap(({ name, needs, linkOf }) => {
    const label = maySo(server, needs) ? linkOf?.(model) : undefined;
    return label === undefined ? [] : [{ name, label }];
  });
  if (links.length === 0) return null;
  return (
    <p class="links">
      {links.map(({ name, label }) => (
        <a key={name} class="button" href={hrefOf(name, [model.name])} aria-label={`${label}: ${model.title}`}>
          {label}
        </a>
      ))}
    </p>
  );
}

/** In words, what the server calls capabilities. */
function abilitiesOf({ capabilities, labels, image, pointSize, styles }: Model): string[] {
  const can = new Set(capabilities);
  const product = image
    ? `${image.width} × ${image.height} ${COLOURS[image.channels] ?? ''} images`
    : `points of ${pointSize} ${pointSize === 1 ? 'coordinate' : 'coordinates'}`;
  return [
    ...(can.has('generate') ? [`makes ${product}`] : []),
    ...(labels ? [`of the class asked for, out of ${labels.length}`] : []),
    ...(can.has('score') || can.has('scorer') ? ['tells real from generated'] : []),
    ...(can.has('encode') ? ['reconstructs'] : []),
    ...(can.has('inpaint') ? ['completes what is hidden'] : []),
    ...(can.has('classify') ? ['names the class'] : []),
    ...(styles ? [`mixes styles in ${styles.layers} layers`] : []),
  ];
}

const COLOURS: Readonly<Record<number, string>> = { 1: 'grey', 3: 'colour', 4: 'transparent' };
