// Keeps docs/engine.md in step: every kernel of TensorFlow.js is in one table or the other, once, and says truly whose
// gradient it has.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ownGradients } from '../../src/engine/gradients.js';
import { kernels } from '../../src/engine/kernels/index.js';
import * as tf from '../../src/engine/tf.js';
import { kernelNames } from '../../src/engine/tracer.js';

const text = readFileSync(new URL('../../docs/engine.md', import.meta.url), 'utf8');

/** The kernels in the second column of the table under a heading, with the mark that follows each. */
function table(heading: string): { name: string; mark: string }[] {
  const section = text.split(`## ${heading}\n`)[1]!.split('\n## ')[0]!;
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.flatMap((row) =>
    [...row.split('|')[2]!.matchAll(/`(\w+)`([★°]?)/g)].map(([, name, mark]) => ({ name: name!, mark: mark! })),
  );
}

const sorted = (names: Iterable<string>) => [...names].sort();

describe('docs/engine.md', () => {
  const supported = table('Kernels');
  const missing = table('Not supported');

  test('lists each kernel that a graph can hold, once', () => {
    expect(sorted(supported.map(({ name }) => name))).toEqual(sorted(Object.keys(kernels)));
  });

  test('lists each other kernel of TensorFlow.js as not supported, once', () => {
    const others = kernelNames().filter((name) => !(name in kernels));
    expect(sorted(missing.map(({ name }) => name))).toEqual(sorted(others));
  });

  test('says whose gradient each kernel has', () => {
    const own = new Set(ownGradients());
    const marks = supported.map(({ name }) => ({ name, mark: own.has(name) ? '★' : tf.getGradient(name) ? '' : '°' }));
    expect(supported).toEqual(marks);
  });

  test('no gradient is written here for a kernel that is not supported', () => {
    expect(ownGradients().filter((name) => !(name in kernels))).toEqual([]);
    expect(new Set(ownGradients()).size).toBe(ownGradients().length);
  });
});
