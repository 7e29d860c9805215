// docs/checkpoints.md held against the program: its manifest is one, and its tables name every field and every graph.

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CAPABILITIES, signatureOf } from '../../src/models/capabilities.js';
import { DENSITY_RATIOS } from '../../src/models/density.js';
import { manifestSchema, parseManifest } from '../../src/models/manifest.js';

const text = await readFile('docs/checkpoints.md', 'utf8');
const example = /```json\n([\s\S]*?)```/.exec(text)![1]!;
const rows = [...text.matchAll(/^\| (`.*?) \| (.*?) \|(?: (.*?) \|)?$/gm)];
const named = (cell: string) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

it('its example is a manifest', () => {
  expect(parseManifest(example, 'docs/checkpoints.md')).toMatchObject({ model: 'digits', version: 1 });
});

it('its table has every field of a manifest', () => {
  const fields = rows.filter(([, , , gives]) => gives === undefined).flatMap(([, cell]) => named(cell!));
  expect(fields.sort()).toEqual(Object.keys(manifestSchema.shape).sort());
});

it('its table has every graph, with what it takes and gives', () => {
  const graphs = new Map(
    rows.flatMap(([, graph, takes, gives]) => (gives ? [[named(graph!)[0], [takes!, gives]]] : [])),
  );
  expect([...graphs.keys()]).toEqual([...CAPABILITIES]);
  const { latent, ...rest } = parseManifest(example, 'docs');
  const manifest = { ...rest, latent: { ...latent, truncation: 'input' as const }, styles: { layers: 2, size: 3 } };
  for (const capability of CAPABILITIES) {
    const { inputs, optional, outputs, optionalOutputs = {} } = signatureOf(capability, manifest);
    const [takes, gives] = graphs.get(capability)!;
    expect(named(takes!).sort(), capability).toEqual(Object.keys({ ...inputs, ...optional }).sort());
    expect(named(gives!).sort(), capability).toEqual(Object.keys({ ...outputs, ...optionalOutputs }).sort());
  }
});

it('it says every way from an output to a density ratio', () => {
  for (const ratio of DENSITY_RATIOS) expect(text).toContain(`\`${ratio}\``);
});
