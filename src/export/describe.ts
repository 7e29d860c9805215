// What one has to know of a graph to use it, inside its file: of the model as metadata, of each input and output as its
// doc string. Programs read the metadata as JSON.

import { changed, type Model, type ValueInfo } from '../engine/onnx-proto.js';
import type { Capability } from '../models/capabilities.js';
import type { Manifest } from '../models/manifest.js';
import { VERSION } from '../version.js';

export function described(model: Model, capability: Capability, manifest: Manifest): Model {
  const { graph, metadataProps } = model;
  const facts = Object.entries(factsOf(capability, manifest));
  const others = metadataProps.filter(({ key }) => !facts.some(([name]) => name === key));
  const told = (port: ValueInfo) => changed(port, { docString: meaningOf(port.name, capability, manifest) });
  return changed(model, {
    docString: `${manifest.title}. ${manifest.description}`.trim(),
    metadataProps: [...others, ...facts.map(([key, value]) => ({ key, value: textOf(value) }))],
    graph: changed(graph, { input: graph.input.map(told), output: graph.output.map(told) }),
  });
}

/** By name; what is no text is JSON in the file. */
export function factsOf(capability: Capability, manifest: Manifest): Readonly<Record<string, unknown>> {
  const { model, version, title, license, latent, image, point, labels, styles, graphs } = manifest;
  const densityRatio = capability === 'score' ? graphs.score?.densityRatio : undefined;
  const facts = { latent_size: latent.size, prior: latent.prior, image, point, labels, styles };
  return {
    ...{ model, version, graph: capability, title, license, ganymede: VERSION },
    ...Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
    ...(densityRatio === undefined ? {} : { density_ratio: densityRatio }),
  };
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** In a sentence; N is the number of rows. */
function meaningOf(port: string, capability: Capability, manifest: Manifest): string {
  const meanings: Readonly<Record<string, string>> = {
    z: `Latents [N, ${manifest.latent.size}], ${drawnFrom(manifest)}.`,
    label: 'Classes [N, classes], one-hot: 1 at the class and 0 elsewhere, or shares that add up to 1.',
    image: `Images [N, C, H, W], ${pixelsOf(manifest)}.`,
    completed: `Images [N, C, H, W], ${pixelsOf(manifest)}; the image itself where it is known.`,
    point: 'Points [N, size], in the coordinates of the data.',
    truncation: 'How far each latent may go [N], from 0 to 1: 1 is all of the prior.',
    mask: 'Masks [N, 1, H, W]: 1 where the image is known, 0 where it is to be completed.',
    w: 'Styles [N, layers, size], one for each layer.',
    logit: logitOf(capability, manifest),
    familiarity: 'The logit of the example being of the kind that the scorer was fitted on [N].',
    given: 'ln p(x|c)/q(x|c) of data and generator for each class c [N, classes].',
    classes: 'ln p(c|x) for each class c [N, classes].',
    logits: 'A score of each class [N, classes]: their softmax is how likely each is.',
    features: 'What its last hidden layer says of the example [N, …].',
  };
  return meanings[port] ?? `"${port}", float32 [N, …].`;
}

function drawnFrom({ latent: { prior } }: Manifest): string {
  const numbers = 'each number drawn by itself';
  return prior.kind === 'normal'
    ? `${numbers}, standard normal`
    : `${numbers}, uniform in [${prior.low}, ${prior.high})`;
}

function pixelsOf({ image }: Manifest): string {
  if (!image) return 'in the coordinates of the data';
  const [low, high] = image.range;
  return `${{ 1: 'grey', 3: 'RGB', 4: 'RGB and alpha' }[image.channels]}, from ${low} for black to ${high} for full intensity`;
}

function logitOf(capability: Capability, { graphs }: Manifest): string {
  if (capability === 'scorer') return 'ln p(x)/q(x) of data and generator [N]: higher is more like the data.';
  return `The discriminator’s output [N], higher for what is more like the data; how ln p/q follows: ${graphs.score?.densityRatio}.`;
}
