// The page at `/`, until a console takes its place: what is served, with a live sample each, and where to go from here.
// web/index.html is its frame; here are the parts that depend on the models. Every address is relative, so that the
// server may lie below a folder of somebody's site.

import { parse, print } from 'graphql';
import type { Model } from '../models/model.js';
import { addressOf } from '../pictures/address.js';
import { dimensionsOf, type Picture } from '../pictures/picture.js';
import { curl, exampleQuery, NEEDS_KEY, ONLY_PERSISTED, sampleQuery } from './welcome.js';

export interface HomeOptions {
  /** web/index.html, with `{{names}}` in the places of the parts. */
  readonly frame: string;
  /** Null where only who has a key may see them. */
  readonly models: readonly Model[] | null;
  /** The server's own address, without a slash at the end. */
  readonly origin: string;
  /** Whether GraphiQL is served. */
  readonly graphiql: boolean;
  /** Whether no query runs but those of clients. */
  readonly persistedOnly: boolean;
  readonly documents: readonly { readonly name: string; readonly title: string }[];
}

export function homePage({ frame, models, origin, graphiql, persistedOnly, documents }: HomeOptions): string {
  const shown = models ?? [];
  const query = exampleQuery(shown);
  const parts: Readonly<Record<string, string>> = {
    links: graphiql ? '<a href="graphiql">GraphiQL, to explore and ask</a>' : '',
    command: !models
      ? `<p>${NEEDS_KEY}</p>`
      : query === undefined
        ? '<p>No model that makes images is among the checkpoints.</p>'
        : persistedOnly
          ? `<p>${ONLY_PERSISTED}</p>`
          : `<pre><code>${escaped(curl(origin, query))}</code></pre>`,
    models:
      shown.map((model) => cardOf(model, graphiql)).join('\n') ||
      `<li>${models ? 'None. Put checkpoints into the folder.' : 'For those who have a key.'}</li>`,
    docs: documents.map(({ name, title }) => `<li><a href="docs/${name}">${escaped(title)}</a></li>`).join('\n'),
  };
  return frame.replace(/\{\{(\w+)\}\}/g, (_, name: string) => parts[name] ?? '');
}

function cardOf(model: Model, graphiql: boolean): string {
  const { name, version, manifest } = model;
  const ask = `<p><a href="graphiql?query=${encodeURIComponent(print(parse(sampleQuery(model))))}">Ask ${name} in GraphiQL</a></p>`;
  return `<li>
${sampleOf(model)}
<h3>${escaped(manifest.title)}</h3>
<p>${escaped(manifest.description)}</p>
<dl>
<dt>Name</dt><dd><code>${name}</code>, version ${version}</dd>
<dt>Makes</dt><dd>${escaped(productOf(model))}</dd>
<dt>Can</dt><dd>${model.capabilities.join(', ')}</dd>
<dt>License</dt><dd>${escaped(manifest.license)}</dd>
</dl>
${graphiql && model.has('generate') ? ask : ''}
</li>`;
}

function productOf({ manifest: { image, point, labels } }: Model): string {
  const classes = labels ? `, of ${labels.length} classes` : '';
  if (!image) return `points of ${point?.size} coordinates${classes}`;
  return `${colours(image.channels)} images, ${image.width} × ${image.height} pixels${classes}`;
}

const SEED = 42;

/** Longer side of a shown sample: small images are enlarged by a whole number, so that their pixels stay square. */
const SHOWN = 280;

function sampleOf(model: Model): string {
  const { image } = model.manifest;
  if (!image || !model.has('generate')) return '<p class="unseen">It makes no pictures.</p>';
  const factor = SHOWN / Math.max(image.width, image.height);
  const size = Math.max(1, Math.round(image.height * (factor >= 1 ? Math.floor(factor) : factor)));
  const subject = { kind: 'seed', seed: SEED, truncation: 1, label: null } as const;
  const picture: Picture = { subject, format: 'png', size };
  const { width, height } = dimensionsOf(picture, model);
  const address = escaped(addressOf(picture, model).slice(1)); // relative
  const alt = escaped(`A sample of ${model.manifest.title}, seed ${SEED}`);
  return `<img src="${address}" width="${width}" height="${height}" alt="${alt}" loading="lazy">`;
}

/** Manifests are text of strangers. */
function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

function colours(channels: number): string {
  if (channels === 4) return 'transparent';
  return channels === 1 ? 'grey' : 'colour';
}
