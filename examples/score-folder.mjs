// Scores every picture of a folder and prints a table, the most real-looking first, as CSV. Node 20 or later, no
// dependencies.
//   node examples/score-folder.mjs <folder> [server] [model] > scores.csv

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const [folder, server = 'http://localhost:4000', model = 'faces'] = process.argv.slice(2);
if (!folder) throw new Error('Expected a folder: node examples/score-folder.mjs <folder> [server] [model]');

/** What a request may hold: 1,000 pictures, and 10 MiB with the base64 that makes three bytes four. */
const MOST_PICTURES = 1000;
const MOST_BYTES = 7_000_000;

const QUERY = `query Score($model: String!, $images: [ImageSource!]) {
  score(model: $model, images: $images) {
    ... on Score { probability logit }
    ... on ImageError { message }
  }
}`;

/** For each picture its score, or the message that says why it has none. */
async function score(pictures) {
  const images = pictures.map(({ bytes }) => bytes.toString('base64'));
  const reply = await fetch(`${server}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: QUERY, variables: { model, images } }),
  });
  const { data, errors } = await reply.json();
  if (errors) throw new Error(errors[0].message);
  return data.score;
}

/** Pictures in lists that a request can hold. */
async function* requests(files) {
  let pictures = [];
  let size = 0;
  for (const file of files) {
    const bytes = await readFile(join(folder, file));
    if (pictures.length === MOST_PICTURES || (pictures.length > 0 && size + bytes.length > MOST_BYTES)) {
      yield pictures;
      pictures = [];
      size = 0;
    }
    pictures.push({ file, bytes });
    size += bytes.length;
  }
  if (pictures.length > 0) yield pictures;
}

const files = (await readdir(folder, { recursive: true })).filter((file) => /\.(png|jpe?g|webp|avif)$/i.test(file));
const rows = [];
for await (const pictures of requests(files.sort())) {
  const scores = await score(pictures);
  for (const [i, one] of scores.entries()) {
    const { file } = pictures[i];
    if (one.message) console.error(`${file} is left out: ${one.message}`);
    else rows.push({ file, ...one });
  }
}
console.log('file,probability,logit');
for (const { file, probability, logit } of rows.sort((a, b) => b.logit - a.logit)) {
  console.log(`"${file.replaceAll('"', '""')}",${probability ?? ''},${logit}`); // no probability: see `Score`
}
