// Requests that send images or points, and those that search or edit, each as large as its limits allow: what
// bench/dearest.ts tries beside samples. Images are noise, which takes the longest to read, no two of them alike.

import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

export interface Form {
  readonly name: string;
  /** The document that asks for so many; it may send `images`. */
  readonly of: (count: number) => string;
  readonly images?: (count: number) => Promise<string[]>;
}

const FORMATS = ['png', 'jpeg', 'webp', 'avif'] as const;
type Sent = (typeof FORMATS)[number];
/** As the models see them, above it, and so large that fewer may be sent. */
const HEIGHTS = [28, 64, 120];
const LABELLED: Readonly<Record<string, string>> = { cifar10: 'airplane', 'mnist-conditional': '7' };

const kept = new Map<string, string[]>();
/** Files of one body, as base64 with what JSON adds. */
const MOST_CHARACTERS = 10 * 2 ** 20 - 4000;

export function sentForms(): Form[] {
  const scored = ['faces', 'cifar10', 'mnist'].flatMap((model) =>
    shown(`score ${model}`, `score(model: "${model}", images: $images ${labels(model)}) ${SCORE}`, true),
  );
  const seen = ['mnist-conditional'].flatMap((model) => [
    ...shown(`encode ${model}`, `encode(model: "${model}", images: $images ${labels(model)}) ${ENCODING}`, false),
    ...shown(
      `classify ${model}`,
      `classify(model: "${model}", images: $images) { ... on Classification { label } }`,
      false,
    ),
    ...shown(
      `features ${model}`,
      `features(model: "${model}", images: $images) { ... on Features { valuesBase64 } }`,
      false,
    ),
  ]);
  const refined = ['mnist', 'faces', 'mnist-conditional'].map((model) => ({
    name: `encode ${model}, refined`,
    of: () => sending(`encode(model: "${model}", images: $images, refine: 256 ${labels(model)}) ${REFINED}`),
    images: (count: number) => noise(Math.min(count, 32), 28, 'png'),
  }));
  const made = ['faces', 'cifar10', 'mnist-conditional'].flatMap(madeOf);
  return [points, inpaint, ...made, ...refined, ...seen, ...scored];
}

const PIXEL = (await noise(1, 28, 'png'))[0];
const SCORE = '{ ... on Score { logit } }';
const ENCODING = '{ ... on Encoding { zBase64 error } }';
const REFINED = '{ ... on Encoding { zBase64 refined { after } } }';

const inpaint: Form = {
  name: 'inpaint mnist-conditional',
  of: (count) =>
    `{ ${aliased(Math.ceil(count / 256), (i) => `inpaint(model: "mnist-conditional", image: "${PIXEL}", mask: { half: LEFT }, count: ${Math.min(count, 256)}, seed: ${256 * i}) { ... on Completion { image { dataUri } } }`)} }`,
};

const points: Form = {
  name: 'score ring8 points',
  of: (count) =>
    `{ score(model: "ring8", points: [${Array.from({ length: count }, (_, i) => `[${i / 1024}, 1]`)}]) ${SCORE} }`,
};

function shown(name: string, field: string, allFormats: boolean): Form[] {
  return (allFormats ? FORMATS : (['jpeg', 'webp'] as const)).flatMap((format) =>
    (allFormats ? HEIGHTS : [40, 120]).map((height) => ({
      name: `${name}, ${format} ${height}²`,
      of: () => sending(field),
      images: (count: number) => noise(Math.min(count, 1000), height, format),
    })),
  );
}

function madeOf(model: string): Form[] {
  const label = model in LABELLED ? `, label: "${LABELLED[model]}"` : '';
  const of = (field: (count: number) => string) => (count: number) => `{ ${field(count)} }`;
  return [
    {
      name: `${model} sampleWithRejection`,
      of: of((count) =>
        aliased(
          Math.min(count, 8),
          (i) =>
            `sampleWithRejection(model: "${model}"${label}, count: 256, draws: 512, seed: ${i}) { samples { score { logit } image { dataUri } } }`,
        ),
      ),
    },
    {
      name: `${model} edit`,
      of: of((count) =>
        aliased(
          Math.ceil(Math.min(count, 768) / 64),
          (i) =>
            `edit(model: "${model}"${label}, seed: ${i}, edits: [{ direction: { method: FACTORISED, index: 0 }, strengths: [${Array.from({ length: 64 }, (_, s) => s / 16)}] }]) { score { logit } image { dataUri } }`,
        ),
      ),
    },
    {
      name: `${model} latentDirections, all kept or none`,
      of: of((count) =>
        aliased(Math.min(count, 4), () => `latentDirections(model: "${model}", method: PCA, count: 1) { eigenvalue }`),
      ),
    },
    ...['animation(format: APNG) { dataUri }', 'strip { dataUri }'].map((picture) => ({
      name: `${model} path as ${picture.slice(0, 24)}`,
      of: of(
        (count) =>
          `interpolate(model: "${model}"${label}, waypoints: [{ seed: 1 }, { seed: 2 }], steps: ${Math.max(2, Math.min(count, 512))}) { frames { score { logit } } ${picture} }`,
      ),
    })),
  ];
}

function sending(field: string): string {
  return `query ($images: [ImageSource!]!) { ${field} }`;
}

function aliased(count: number, field: (i: number) => string): string {
  return Array.from({ length: count }, (_, i) => `a${i}: ${field(i)}`).join(' ');
}

function labels(model: string): string {
  return model in LABELLED ? `, labels: ["${LABELLED[model]}"]` : '';
}

/** Not more than a body may hold. */
async function noise(count: number, height: number, format: Sent): Promise<string[]> {
  const key = `${format} ${height}`;
  const images = kept.get(key) ?? [];
  kept.set(key, images);
  const raw = { width: height, height, channels: 3 as const };
  let characters = images.reduce((sum, { length }) => sum + length + 3, 0);
  while (images.length < count && characters < MOST_CHARACTERS) {
    const pixels = randomBytes(3 * height * height);
    images.push((await sharp(pixels, { raw })[format]().toBuffer()).toString('base64'));
    characters += images.at(-1)!.length + 3;
  }
  if (characters > MOST_CHARACTERS) images.pop();
  return images.slice(0, count);
}
