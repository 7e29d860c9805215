import { createHash } from 'node:crypto';
import { access, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { describeDataset } from '../../src/datasets/describe.js';
import { download } from '../../src/datasets/download.js';
import { getDataset } from '../../src/datasets/get.js';
import { openDataset } from '../../src/datasets/open.js';
import { PUBLISHED } from '../../src/datasets/published.js';
import { lockDirectory } from '../../src/files/lock.js';
import { decodeImage } from '../../src/images/image.js';
import { picture, writeFiles } from '../fixtures/datasets/pictures.js';
import { finished, idxBytes, printing, temporaryFolder } from '../training/helpers.js';

const BODY = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 253));
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server on this machine, its address, and the range that each request asked for. */
async function serve(handler: Handler): Promise<{ url: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ranges };
}

/** Answers ranges as RFC 9110 asks; `cutAt` breaks the connection once that many bytes of the file were sent. */
function withRanges(body: Uint8Array, cutAt?: () => number | undefined): Handler {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= body.length && request.headers.range) {
      response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
      return;
    }
    const rest = body.subarray(from);
    const range = request.headers.range ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
    response.writeHead(request.headers.range ? 206 : 200, { 'content-length': rest.length, ...range });
    const cut = cutAt?.();
    if (cut === undefined || cut <= from) response.end(rest);
    else response.write(rest.subarray(0, cut - from), () => response.destroy());
  };
}

describe('a download', () => {
  it('that broke off goes on where it stopped', async () => {
    let cut: number | undefined = 100_000;
    const { url, ranges } = await serve(withRanges(BODY, () => cut));
    const folder = await temporaryFolder();
    const path = join(folder, 'data.bin');
    const options = { md5: md5(BODY) };
    await expect(download(`${url}data.bin`, path, options)).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringMatching(
        /^Expected data\.bin from .* but the download broke off after \d+ bytes .* Run it again to go on\.$/,
      ),
    });
    const have = (await readFile(`${path}.part`)).length;
    expect(have).toBeGreaterThan(0);
    expect(have).toBeLessThanOrEqual(100_000);
    expect(await readdir(folder)).toEqual(['data.bin.part']);

    cut = undefined;
    const seen: number[] = [];
    await download(`${url}data.bin`, path, {
      ...options,
      onProgress: (bytes, total) => {
        expect(total).toBe(BODY.length);
        seen.push(bytes);
      },
    });
    expect(ranges).toEqual([undefined, `bytes=${have}-`]);
    expect(seen[0]).toBeGreaterThan(have);
    expect(seen.at(-1)).toBe(BODY.length);
    expect((await readFile(path)).equals(BODY)).toBe(true);
    expect(await readdir(folder)).toEqual(['data.bin']);
    expect(await download(`${url}data.bin`, path, options)).toBe('there');
    expect(ranges).toHaveLength(2);
  });

  it('that is stopped keeps what came, and goes on from there when it is asked for again', async () => {
    let cut = true;
    const { url, ranges } = await serve((request, response) => {
      if (!cut) return withRanges(BODY)(request, response);
      response.writeHead(200, { 'content-length': BODY.length }).write(BODY.subarray(0, 100_000)); // and no more
    });
    const folder = await temporaryFolder();
    const path = join(folder, 'data.bin');
    const stop = new AbortController();
    const stopped = download(`${url}data.bin`, path, {
      md5: md5(BODY),
      signal: stop.signal,
      onProgress: (bytes) => {
        if (bytes === 100_000) stop.abort(new Error('Ctrl-C'));
      },
    });
    await expect(stopped).rejects.toThrow('Ctrl-C');
    expect(await readdir(folder)).toEqual(['data.bin.part']);
    expect((await readFile(`${path}.part`)).equals(BODY.subarray(0, 100_000))).toBe(true);

    await expect(download(`${url}data.bin`, path, { md5: md5(BODY), signal: stop.signal })).rejects.toThrow('Ctrl-C');
    expect(ranges).toHaveLength(1);
    cut = false;
    expect(await download(`${url}data.bin`, path, { md5: md5(BODY) })).toBe('downloaded');
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
    expect((await readFile(path)).equals(BODY)).toBe(true);
    await expect(download(`${url}data.bin`, path, { md5: md5(BODY), signal: stop.signal })).rejects.toThrow('Ctrl-C');
  });

  it('of the wrong bytes is refused and deleted', async () => {
    const { url } = await serve(withRanges(BODY));
    const folder = await temporaryFolder();
    await expect(
      download(`${url}data.bin`, join(folder, 'data.bin'), { md5: md5(Buffer.of(1)) }),
    ).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: expect.stringContaining(`has ${md5(BODY)}, and was deleted.`),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('begins again when the server knows no ranges', async () => {
    const { url, ranges } = await serve((_, response) => response.writeHead(200).end(BODY));
    const path = join(await temporaryFolder(), 'data.bin');
    await writeFile(
      `${path}.part`,
      BODY.subarray(0, 5000).map((byte) => byte ^ 1),
    );
    expect(await download(`${url}data.bin`, path, { md5: md5(BODY) })).toBe('downloaded');
    expect(ranges).toEqual(['bytes=5000-']);
    expect((await readFile(path)).equals(BODY)).toBe(true);
  });

  it('whose part is whole already needs no more bytes', async () => {
    const { url, ranges } = await serve(withRanges(BODY));
    const path = join(await temporaryFolder(), 'data.bin');
    await writeFile(`${path}.part`, BODY);
    expect(await download(`${url}data.bin`, path, { md5: md5(BODY) })).toBe('downloaded');
    expect(ranges).toEqual([`bytes=${BODY.length}-`]);
  });

  it('is refused when the server has no such file or answers with another part', async () => {
    const { url } = await serve((request, response) =>
      request.headers.range
        ? response.writeHead(206, { 'content-range': 'bytes 7-9/10' }).end('abc')
        : response.writeHead(404).end('no'),
    );
    const folder = await temporaryFolder();
    await expect(download(`${url}a`, join(folder, 'a'), { md5: '' })).rejects.toMatchObject({
      code: 'DATASET_INVALID',
      message: `Expected ${url}a to be there but the server answered 404 Not Found.`,
    });
    await writeFile(join(folder, 'a.part'), 'xy');
    await expect(download(`${url}a`, join(folder, 'a'), { md5: '' })).rejects.toThrow('to go on at byte 2');
    expect(await readFile(join(folder, 'a.part'), 'utf8')).toBe('xy');
  });

  it('is given up when nothing comes any more, and never replaces another file', async () => {
    const { url } = await serve((_, response) => response.writeHead(200, { 'content-length': 10 }).write('abc'));
    const folder = await temporaryFolder();
    await expect(download(`${url}a`, join(folder, 'a'), { md5: '', stallMs: 200 })).rejects.toThrow(
      'nothing came for 0.2 s',
    );
    await writeFile(join(folder, 'b'), 'mine');
    await expect(download(`${url}b`, join(folder, 'b'), { md5: md5(BODY) })).rejects.toThrow(
      'Delete it to download it again',
    );
    expect(await readFile(join(folder, 'b'), 'utf8')).toBe('mine');
  });
});

describe('ganymede dataset get', () => {
  const images = gzipSync(idxBytes(0x0803, [2, 2, 2], [0, 255, 51, 102, 1, 2, 3, 4]));
  const labels = gzipSync(idxBytes(0x0801, [2], [1, 0]));
  const files: Record<string, Buffer> = { 'train-images-idx3-ubyte.gz': images, 'train-labels-idx1-ubyte.gz': labels };

  it('downloads every file of a dataset into a folder that can be trained on', async () => {
    const { url, ranges } = await serve((request, response) => {
      const body = files[request.url!.slice('/small/'.length)];
      if (body) withRanges(body)(request, response);
      else response.writeHead(404).end();
    });
    const table = {
      small: {
        title: 'Two pictures',
        credit: 'this test',
        base: 'http://127.0.0.1:9/nowhere/',
        files: Object.entries(files).map(([name, body]) => ({ name, md5: md5(body) })),
      },
    };
    const out = join(await temporaryFolder(), 'new', 'small');
    const lines: string[] = [];
    const context = printing(lines);
    await finished(getDataset({ name: 'small', out, from: `${url}small`, known: table }, context));
    await finished(getDataset({ name: 'small', out, from: `${url}small`, known: table }, context));
    expect(ranges).toHaveLength(2);
    expect(lines).toContain('train-labels-idx1-ubyte.gz  downloaded, MD5 as published');
    expect(lines).toContain('train-labels-idx1-ubyte.gz  was there already, MD5 as published');
    expect(await openDataset(out)).toMatchObject({ count: 2, shape: [1, 2, 2] });
    await expect(finished(getDataset({ name: 'other', out }, context))).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'Expected a dataset named mnist, fashion-mnist, cifar10 but received "other".',
    });
  });

  it('is refused where another process downloads into the same folder', async () => {
    const out = await temporaryFolder();
    const lock = await lockDirectory(out, 'the download of mnist');
    await expect(finished(getDataset({ name: 'mnist', out, from: 'http://127.0.0.1:9/' }))).rejects.toMatchObject({
      code: 'RUN_IN_USE',
    });
    await lock.release();
  });

  it('knows addresses over TLS and a checksum of every file', () => {
    for (const { base, files } of Object.values(PUBLISHED)) {
      expect(base).toMatch(/^https:\/\/.*\/$/);
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect(file.md5).toMatch(/^[0-9a-f]{32}$/);
    }
  });
});

describe('ganymede dataset info', () => {
  it('counts classes, names what it skips, and draws a column for each class', async () => {
    const folder = await temporaryFolder();
    await writeFiles(folder, {
      'cat/1.png': await picture([255, 0, 0]),
      'cat/2.png': await picture([0, 255, 0]),
      'dog/1.png': await picture([0, 0, 255]),
      'dog/2.png': 'no image',
    });
    const lines: string[] = [];
    const preview = join(folder, 'preview.png');
    const summary = await finished(describeDataset({ data: `${folder},bad=skip`, preview }, printing(lines)));
    expect(summary).toMatchObject({
      count: 3,
      shape: [3, 8, 8],
      classes: [
        { name: 'cat', count: 2 },
        { name: 'dog', count: 1 },
      ],
    });
    expect(lines).toContain('examples  3 images of 8×8 pixels, colour');
    expect(lines).toContain('skipped   1 that cannot be read or have no label');
    expect(lines).toContain('          cat: 2');
    expect(lines.find((line) => line.startsWith('warning  skipped:'))).toContain('dog/2.png');
    // Two columns of 8 pixels with a gap of 2: red and blue above, green and nothing below.
    const { data } = await decodeImage(await readFile(preview), { width: 18, height: 18, channels: 3 });
    const at = (x: number, y: number) => Array.from(data.subarray((y * 18 + x) * 3, (y * 18 + x) * 3 + 3));
    expect([at(3, 3), at(13, 3), at(3, 13), at(13, 13)]).toEqual([
      [255, 0, 0],
      [0, 0, 255],
      [0, 255, 0],
      [0, 0, 0],
    ]);
  });

  it('draws a cloud of vectors, and writes nothing unless asked to', async () => {
    const folder = await temporaryFolder();
    const lines: string[] = [];
    const preview = join(folder, 'ring.png');
    await finished(describeDataset({ data: 'builtin:ring8,count=500', preview }, printing(lines)));
    expect(lines).toContain('examples  500 vectors of 2 values in [-1.067, 1.067]');
    const { data, width } = await decodeImage(await readFile(preview), { width: 384, height: 384, channels: 1 });
    const dark = data.reduce((count, value) => count + (value < 250 ? 1 : 0), 0);
    expect(dark).toBeGreaterThan(50);
    expect(dark).toBeLessThan(500);
    expect(data[192 * width + 192]).toBe(255); // nothing in the middle of a ring
    await finished(describeDataset({ data: 'builtin:gaussian1d,count=10' }));
    await expect(access(join(folder, 'gaussian1d.png'))).rejects.toThrow('ENOENT');
  });
});
