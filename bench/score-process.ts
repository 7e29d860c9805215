// `ganymede score` in a process of its own, as cold as when a user starts it. Its arguments are the options as JSON; it
// sends the milliseconds from the first picture to the last, without the start, and how many there were.

import { type ScoreOptions, score } from 'ganymede/client/score.js';

const options = JSON.parse(process.argv[2]!) as ScoreOptions;
let began = Number.NaN;
const tally = await score(options, {
  onEvent: ({ kind }) => {
    if (kind === 'progress' && Number.isNaN(began)) began = performance.now();
    if (kind === 'warning') throw new Error('a picture failed');
  },
});
process.send!({ ms: performance.now() - began, pictures: tally!.done });
process.disconnect();
