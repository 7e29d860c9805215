// Samples four faces, saves them as PNG files, and scores one picture: a file of yours, or the first that was made.
// Node 20 or later, no dependencies.
//   node examples/sample-and-score.mjs [server] [folder for pictures] [picture to score]

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const [server = 'http://localhost:4000', folder = 'pictures', picture] = process.argv.slice(2);

/** The data of a query. Values go in as variables, so that no text of yours has to be escaped into the query. */
async function ask(query, variables) {
  const reply = await fetch(`${server}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  }).catch((cause) => {
    throw new Error(`No server answers at ${server}: start one with npm start.`, { cause });
  });
  const { data, errors } = await reply.json();
  if (errors) throw new Error(errors.map(({ message }) => message).join('\n'));
  return data;
}

const { sample } = await ask(
  `query Faces($seed: Seed, $count: Int) {
    sample(model: "faces", seed: $seed, count: $count) {
      seed
      image(format: PNG, size: 256) { url }
      score { probability }
    }
  }`,
  { seed: 7, count: 4 },
);

await mkdir(folder, { recursive: true });
const files = await Promise.all(
  sample.map(async ({ seed, image, score }) => {
    const reply = await fetch(image.url);
    if (!reply.ok) throw new Error(`Expected an image at ${image.url} but received status ${reply.status}.`);
    const file = join(folder, `face-${seed}.png`);
    await writeFile(file, Buffer.from(await reply.arrayBuffer()));
    console.log(`${file}  probability ${score.probability.toFixed(3)}`);
    return file;
  }),
);

const scored = picture ?? files[0];
const base64 = (await readFile(scored)).toString('base64'); // of a PNG, JPEG, WebP or AVIF file
const { score } = await ask(
  `query Score($images: [ImageSource!]) {
    score(model: "faces", images: $images) {
      ... on Score { probability logit }
      ... on ImageError { message }
    }
  }`,
  { images: [base64] },
);
if (score[0].message) throw new Error(`${scored}: ${score[0].message}`);
console.log(`${scored} is a real photograph with probability ${score[0].probability.toFixed(3)}`);
