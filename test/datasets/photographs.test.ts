// The table of docs/datasets.md, held to the code: a folder with every file that its rows name is looked at by
// `dataset info`, which says of each what the row says.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAll } from '../../src/datasets/dataset.js';
import { describeDataset } from '../../src/datasets/describe.js';
import { openDataset } from '../../src/datasets/open.js';
import type { WorkEvent } from '../../src/work.js';
import { photographs } from '../fixtures/datasets/photographs.js';
import { writeFiles } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

type Outcome = 'read' | 'left out' | 'passed over' | 'refused';

/** File → what the table says becomes of it. */
async function table(): Promise<Map<string, string>> {
  const text = await readFile('docs/datasets.md', 'utf8');
  const [, rows] = /^\| file \| what becomes of it \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(text)!;
  return new Map(
    rows!
      .trim()
      .split('\n')
      .flatMap((row) => {
        const [, files, outcome] = row.split('|');
        return Array.from(files!.matchAll(/`([^`]+)`/g), ([, name]) => [name!, outcome!.trim()] as const);
      }),
  );
}

async function warningsOf(folder: string): Promise<{ name: string; message: string }[]> {
  const events: WorkEvent[] = [];
  const info = describeDataset({ data: folder }, { onEvent: (event) => events.push(event) });
  await Promise.allSettled([info]);
  return events.flatMap((event) => (event.kind === 'warning' ? [event] : []));
}

describe("a folder of a person's photographs", async () => {
  const files = await photographs();
  const names = Object.keys(files);

  it('is what the table in docs/datasets.md says, file by file', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, files);
    const warnings = await warningsOf(`${folder},resize=16x16`);
    const told = (name: string, kind: string) =>
      warnings.some(
        (warning) => warning.name === kind && ` ${warning.message}`.match(` ${name.replaceAll('.', '\\.')}[,. ]`),
      );
    const outcomeOf = (name: string): Outcome => {
      if (told(name, 'refused')) return 'refused';
      if (told(name, 'left-out')) return 'left out';
      return /^(\.|Thumbs)/.test(name) ? 'passed over' : 'read';
    };
    expect(Object.fromEntries(names.map((name) => [name, outcomeOf(name)]))).toEqual(Object.fromEntries(await table()));
    for (const { name, message } of warnings) {
      if (name === 'refused')
        expect(message).toMatch(/Export|Save|Convert|Copy|no PNG, JPEG or WebP|0 bytes|more than/);
    }
    expect(warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(
        /^The image live\.heic of .* cannot be read: a HEIC photograph, whose compression \(HEVC\) is not read here\. Export it as JPEG; an iPhone takes JPEG itself/,
      ),
    );
  });

  it('is refused with all that cannot be read, and is trained on without them by bad=skip', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, files);
    const outcomes = await table();
    const those = (outcome: Outcome) => names.filter((name) => outcomes.get(name) === outcome);
    await expect(openDataset(`${folder},resize=16x16`)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      details: { count: those('refused').length },
    });
    const skipped: string[] = [];
    const dataset = await openDataset(`${folder},resize=16x16,bad=skip`, { onSkipped: (name) => skipped.push(name) });
    expect(skipped.sort()).toEqual(those('refused').sort());
    expect(dataset).toMatchObject({ count: those('read').length, shape: [3, 16, 16] });
    expect((await readAll(dataset)).every((value) => value >= 0 && value <= 1)).toBe(true);
  });

  it('is read without bad=skip where nothing in it is refused, to the last pixel', async () => {
    const folder = await temporaryFolder();
    const outcomes = await table();
    await writeFiles(
      folder,
      Object.fromEntries(Object.entries(files).filter(([name]) => outcomes.get(name) !== 'refused')),
    );
    const dataset = await openDataset(`${folder},resize=16x16`);
    await readAll(dataset);
    expect(dataset.count).toBe(names.filter((name) => outcomes.get(name) === 'read').length);
  });
});
