// Latents as JSON. Writing 6,400 numbers is most of what an answer with 64 latents costs, and V8 writes each as a
// double of unknown length; these are float32 in few decimals, whose digits an integer has.

import { randomUUID } from 'node:crypto';

/** A vector in an answer. Any JSON.stringify makes a list of it; `stringify` does so several times as fast. */
export class Numbers {
  readonly values: Float32Array;

  constructor(values: Float32Array) {
    this.values = values;
  }

  toJSON(): number[] | string {
    if (!found) return decimals(this.values);
    found.push(this.values);
    return PLACE;
  }
}

/**
 * The same float32 in 7 to 9 significant digits instead of the 17 that its exact value needs: half the bytes of JSON.
 * For |x| of 1/64 and more, rounding to the finer scale stays within half a float32 step, so it always reads back;
 * smaller ones may keep their 17 digits.
 */
export function shortDecimal(value: number): number {
  const size = Math.abs(value);
  const scale = size >= 1 ? 1e6 : size >= 0.125 ? 1e7 : 1e8;
  const coarse = Math.round(value * scale) / scale;
  if (Math.fround(coarse) === value) return coarse;
  const fine = Math.round(value * scale * 10) / (scale * 10);
  return Math.fround(fine) === value ? fine : value;
}

/** A loop over a known length: `Array.from` on a typed array goes through its iterator. */
export function decimals(values: Float32Array): number[] {
  const list = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) list[i] = shortDecimal(values[i] as number);
  return list;
}

/** Stands for a vector until its text is put in; nobody can guess it, so no other text has it. */
const PLACE = randomUUID();
const PLACE_TEXT = JSON.stringify(PLACE);

/** Vectors met by the JSON.stringify that is under way, in order. */
let found: Float32Array[] | undefined;

/** The same text as JSON.stringify's. */
export function stringify(value: unknown): string {
  const vectors: Float32Array[] = [];
  found = vectors;
  let text: string;
  try {
    text = JSON.stringify(value);
  } finally {
    found = undefined;
  }
  if (vectors.length === 0) return text;
  const [first = '', ...rest] = text.split(PLACE_TEXT);
  return rest.reduce((all, part, i) => all + textOf(vectors[i]!) + part, first);
}

/** The longest of one number: sign, 17 digits, point, exponent, comma. */
const MOST_BYTES = 26;
const [COMMA, MINUS, POINT, ZERO] = [',', '-', '.', '0'].map((sign) => sign.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
];

let scratch = Buffer.allocUnsafe(1024 * MOST_BYTES);

function textOf(values: Float32Array): string {
  if (scratch.length < values.length * MOST_BYTES) scratch = Buffer.allocUnsafe(values.length * MOST_BYTES);
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    if (i > 0) scratch[at++] = COMMA;
    at = write(values[i]!, at);
  }
  return `[${scratch.toString('latin1', 0, at)}]`;
}

/** Below this JSON.stringify uses exponents, and above an integer of the digits may not be exact. */
const PLAIN = { from: 1e-6, to: 1e8 };

/** `JSON.stringify(shortDecimal(value))`; returns where the next byte goes. */
function write(value: number, at: number): number {
  const size = Math.abs(value);
  if (size >= PLAIN.from && size < PLAIN.to) {
    const places = size >= 1 ? 6 : size >= 0.125 ? 7 : 8;
    for (let more = places; more <= places + 1; more++) {
      const scaled = Math.round(value * SCALES[more]!);
      if (Math.fround(scaled / SCALES[more]!) === value) return writeScaled(scaled, more, at);
    }
  }
  return at + scratch.write(JSON.stringify(shortDecimal(value)), at, 'latin1');
}

const SCALES = Array.from({ length: 10 }, (_, places) => 10 ** places);

/** An integer as decimals of so many places, without zeros at the end. */
function writeScaled(scaled: number, places: number, at: number): number {
  if (scaled < 0) scratch[at++] = MINUS;
  const size = Math.abs(scaled);
  const whole = Math.floor(size / SCALES[places]!);
  let rest = size - whole * SCALES[places]!;
  at = writeInteger(whole, at);
  if (rest === 0) return at;
  while (rest % 10 === 0) {
    rest /= 10;
    places--;
  }
  scratch[at] = POINT;
  for (let digit = places; digit > 0; digit--) {
    const tenth = Math.floor(rest / 10);
    scratch[at + digit] = ZERO + rest - 10 * tenth;
    rest = tenth;
  }
  return at + 1 + places;
}

function writeInteger(whole: number, at: number): number {
  if (whole >= 10) return at + scratch.write(`${whole}`, at, 'latin1');
  scratch[at] = ZERO + whole;
  return at + 1;
}
