// What a person is shown first, in the terminal: where the server is, and a command that works as it stands.

import type { Access } from '../access/access.js';
import type { Model } from '../models/model.js';
import type { CorsOptions } from './cors.js';
import type { PersistedOptions } from './persisted.js';

/** Who may ask without a key. */
export type Openness = Pick<Access, 'isOpen' | 'anonymous'>;

/** Printed once the server listens. `url` is its address, without a slash at the end. */
export function welcome(
  url: string,
  models: readonly Model[],
  config: CorsOptions & PersistedOptions,
  access: Openness,
): string {
  const query = exampleQuery(models);
  const list = models.map(({ name, version }) => `${name} (version ${version})`).join(', ');
  const sample = query ? `A sample:\n  ${curl(url, query, access.anonymous === undefined)}` : NO_GENERATOR;
  return `Ganymede serves ${list || 'no model yet'} at ${url}/graphql

In a browser:
  ${url}/

${config.persistedOnly ? ONLY_PERSISTED : sample}

${whoMay(access)}
${readers(config)}
`;
}

const NO_GENERATOR = 'None of its checkpoints makes samples: train one in the browser, or put some into its folder.';

const ONLY_PERSISTED = 'It runs the documents that its clients were built with, and no others.';

function whoMay({ isOpen, anonymous }: Openness): string {
  if (isOpen)
    return 'Whoever reaches it on this machine is its admin. "npx ganymede keys create" makes keys; then it asks for one.';
  if (!anonymous) return 'Whoever asks needs a key: "npx ganymede keys create <name> --role viewer" makes one.';
  const may = anonymous.role === 'viewer' ? 'look' : 'look and score';
  return `Anybody may ${may}; for more it takes a key: "npx ganymede keys create <name> --role admin" makes one.`;
}

/** Whose scripts may ask, besides those of the server's own pages. */
function readers({ corsOrigins, loopbackOrigins }: CorsOptions): string {
  const list = [...(loopbackOrigins ? ['this machine, on any port'] : []), ...corsOrigins];
  return list.length === 0 ? '' : `\nScripts may ask from pages of ${list.join(', and of ')}.\n`;
}

/** A query that has a picture to show, or else a point; undefined if no model makes either. */
function exampleQuery(models: readonly Model[]): string | undefined {
  const generators = models.filter((model) => model.has('generate'));
  const pictured = generators.filter(({ manifest }) => manifest.image);
  // One without classes makes the plainest example.
  const model = pictured.find(({ manifest }) => !manifest.labels) ?? pictured[0] ?? generators[0];
  return model && sampleQuery(model);
}

/** Selects what the model can make. */
function sampleQuery(model: Model): string {
  const example = model.manifest.image ? 'image(size: 280) { url }' : 'point';
  const score = model.scores ? ' score { probability }' : '';
  return `{ sample(model: "${model.name}", seed: 42) { seed ${example}${score} } }`;
}

/** The query holds no quote that a shell would see: names of models have none. */
function curl(url: string, query: string, withKey = false): string {
  const key = withKey ? ' -H "authorization: Bearer $GANYMEDE_KEY"' : '';
  return `curl -s ${url}/graphql -H 'content-type: application/json'${key} -d '${JSON.stringify({ query })}'`;
}
