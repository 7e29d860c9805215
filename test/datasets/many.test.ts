// Data of a million files: read a few at a time, told of where it takes long, stopped when asked, and kept in lists
// that are short of one object a file.
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { FileSet } from '../../src/datasets/file-set.js';
import { openFolder } from '../../src/datasets/folder.js';
import { openImages } from '../../src/datasets/images.js';
import { openDataset, within } from '../../src/datasets/open.js';
import { IMAGE_LIMITS, openZip } from '../../src/datasets/zip.js';
import { Reporter, type WorkEvent } from '../../src/work.js';
import { zipOf } from '../fixtures/datasets/archives.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { temporaryFolder } from '../training/helpers.js';

afterEach(() => vi.restoreAllMocks());

const RED = await picture([255, 0, 0]);

describe('many files', () => {
  it('are read once each to open, 16 at a time, and say how far it is', async () => {
    let [reading, most] = [0, 0];
    const reads = new Map<number, number>();
    const files: FileSet = {
      ...{ name: 'many', count: 1000, nameAt: (file) => `${file}.png`, start: async () => RED },
      whileOpen: (work) => work(),
      async read(file) {
        most = Math.max(most, ++reading);
        reads.set(file, (reads.get(file) ?? 0) + 1);
        await new Promise(setImmediate);
        reading--;
        return RED;
      },
    };
    const heard: [string, number, number | null][] = [];
    const which = Array.from({ length: 1000 }, (_, file) => file);
    await openImages(files, which, null, {
      ...{ range: [0, 1], settings: {} },
      onProgress: (...progress) => heard.push(progress),
    });
    expect(most).toBe(16);
    expect([...reads.values()]).toEqual(new Array(1000).fill(1));
    expect(heard.map(([, done]) => done)).toEqual(Array.from({ length: 63 }, (_, chunk) => 16 * chunk));
    expect(heard[0]).toEqual(['reading images', 0, 1000]);
  });

  it('are told apart without an object for each: 300,000 in 100 folders need no more than 80 MB', () => {
    const layout = pathToFileURL(resolve('dist/datasets/layout.js')).href;
    const program = `
      const { layoutOf } = await import(${JSON.stringify(layout)});
      const names = Array.from({ length: 300000 }, (_, i) =>
        'p/train/class' + Math.floor(i / 3000) + '/' + String(i).padStart(8, '0') + '.png');
      const { images, classes } = layoutOf(names, 'train');
      console.log(images.length, new Set(classes).size, classes[299999]);`;
    const node = ['--max-old-space-size=80', '--input-type=module', '-e', program];
    const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('300000 100 class99');
  });

  it('are listed until the work is told to stop', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      'files/1.png': RED,
      'files/2.png': RED,
      'files.zip': zipOf([{ name: '1.png', data: RED }]),
    });
    const listed: unknown[] = [];
    const stopping = () => {
      const stop = new AbortController();
      const onProgress = (...progress: [string, number, number | null]) => {
        listed.push(progress);
        stop.abort(new Error('enough'));
      };
      return { signal: stop.signal, onProgress };
    };
    await expect(openFolder(join(folder, 'files'), stopping())).rejects.toThrow('enough');
    await expect(openZip(join(folder, 'files.zip'), IMAGE_LIMITS, stopping())).rejects.toThrow('enough');
    expect(listed).toEqual([
      ['listing files', 0, null],
      ['listing files', 0, 1],
    ]);
  });
});

describe('a phase of opening', () => {
  const progressOf = async (milliseconds: number) => {
    const events: WorkEvent[] = [];
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += milliseconds));
    const { onProgress } = within(new Reporter({ onEvent: (event) => events.push(event) }));
    for (const done of [0, 100, 200, 300]) onProgress('reading images', done, 300);
    return events.map((event) => event.kind === 'progress' && [event.phase, event.done, event.total, event.unit]);
  };

  it('is told where it takes seconds', async () => {
    expect(await progressOf(1500)).toEqual([
      ['reading images', 100, 300, 'files'],
      ['reading images', 200, 300, 'files'],
      ['reading images', 300, 300, 'files'],
    ]);
  });

  it('is not where it takes less', async () => {
    expect(await progressOf(1)).toEqual([]);
    const folder = await temporaryFolder();
    await writeFiles(folder, { '1.png': RED });
    vi.restoreAllMocks();
    const events: WorkEvent[] = [];
    await openDataset(folder, within(new Reporter({ onEvent: (event) => events.push(event) })));
    expect(events).toEqual([]);
  });
});
