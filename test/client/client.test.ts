// How a list is asked about: ahead but in order, in halves where it is too much, and again where a queue was full.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../src/client/answer.js';
import { ahead, inHalves, openClient } from '../../src/client/client.js';
import { GanymedeError } from '../../src/errors.js';

describe('asking ahead', () => {
  it('gives results in order and has no more than its width under way', async () => {
    let running = 0;
    let most = 0;
    const finish: (() => void)[] = [];
    const results: number[] = [];
    const work = async (n: number) => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => finish.push(resolve));
      running--;
      return n;
    };
    const reading = (async () => {
      for await (const result of ahead([1, 2, 3, 4, 5], 3, work)) results.push(result);
    })();
    while (results.length < 5) {
      await setImmediate(); // until no more can begin
      finish.pop()?.(); // the last first
    }
    await reading;
    expect({ results, most }).toEqual({ results: [1, 2, 3, 4, 5], most: 3 });
  });

  it('fails with the first failure, in order', async () => {
    const work = async (n: number) => (n > 1 ? Promise.reject(new Error(`bad ${n}`)) : n);
    const results = ahead([1, 2, 3], 3, work);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    await expect(results.next()).rejects.toThrow('bad 2');
  });
});

describe('asking in halves', () => {
  const tooMuch = new GanymedeError('BAD_USER_INPUT', 'Split it.', { details: { resource: 'decoded' } });

  it('splits what is too much, keeps the order, and answers one that is too much alone with the refusal', async () => {
    const asked: number[][] = [];
    const results = await inHalves([1, 2, 30, 4, 5], async (part) => {
      asked.push([...part]);
      if (part.reduce((sum, n) => sum + n) > 10) throw tooMuch;
      return part.map((n) => n * 100);
    });
    expect(results).toEqual([100, 200, tooMuch, 400, 500]);
    expect(asked).toEqual([[1, 2, 30, 4, 5], [1, 2], [30, 4, 5], [30], [4, 5]]);
  });

  it('passes on any other refusal at once', async () => {
    const wrong = new GanymedeError('BAD_USER_INPUT', 'Expected label to be a class.');
    await expect(inHalves([1, 2], () => Promise.reject(wrong))).rejects.toBe(wrong);
  });
});

describe('an answer', () => {
  it('is data with faults of its parts, each with its path', () => {
    const errors = [
      { message: 'no', path: ['sample', 3, 'image'], extensions: { code: 'NOT_FINITE', details: { row: 3 } } },
    ];
    const {
      data,
      errors: [refused],
    } = answerOf<{ a: number }>({ data: { a: 1 }, errors });
    expect(data).toEqual({ a: 1 });
    expect(refused).toMatchObject({ path: ['sample', 3, 'image'], error: { code: 'NOT_FINITE', details: { row: 3 } } });
  });

  it('without data is the first refusal, and a code from elsewhere is a fault', () => {
    expect(() =>
      answerOf({ data: null, errors: [{ message: 'no', extensions: { code: 'MODEL_NOT_FOUND' } }] }),
    ).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND', message: 'no' }));
    expect(() => answerOf({ errors: [{ message: 'no', extensions: { code: 'GRAPHQL_PARSE_FAILED' } }] })).toThrow(
      expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR' }),
    );
  });
});

/** A server that answers each request with the next of some bodies. */
async function answering(...bodies: readonly string[]) {
  const asked: string[] = [];
  const keys: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    keys.push(request.headers.authorization);
    request.resume();
    response.setHeader('content-type', bodies[0]!.startsWith('{') ? 'application/json' : 'text/html');
    response.end(bodies[Math.min(asked.length, bodies.length) - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked, keys, close: () => server.close() };
}

describe('a client of a server', () => {
  const full = JSON.stringify({ data: null, errors: [{ message: 'full', extensions: { code: 'QUEUE_FULL' } }] });

  it('asks again where a queue was full', async () => {
    const server = await answering(full, full, '{"data":{"a":1}}');
    const client = await openClient({ model: 'mnist', server: server.url });
    expect(await client.ask('{ a }', {})).toEqual({ data: { a: 1 }, errors: [] });
    expect(server.asked).toEqual(['/graphql', '/graphql', '/graphql']);
    server.close();
  });

  it('sends its key in a header, and without one no such header', async () => {
    const server = await answering('{"data":{"a":1}}');
    for (const key of ['gnm_secret', undefined]) {
      const client = await openClient({ model: 'mnist', server: server.url, key });
      await client.ask('{ a }', {});
    }
    expect(server.keys).toEqual(['Bearer gnm_secret', undefined]);
    expect(server.asked.join()).not.toContain('secret');
    server.close();
  });

  it.each(['two words', 'a\r\nx-injected: 1', 'schlüssel', ''])(
    'refuses the key %j without telling it',
    async (key) => {
      const error = await openClient({ model: 'mnist', server: 'localhost:1', key }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringMatching(/a key of printable ASCII/),
      });
      if (key) expect((error as Error).message).not.toContain(key);
    },
  );

  it.each(['', '/', '/graphql', '/graphql/'])(
    'takes an address that ends in "%s", with or without http://',
    async (end) => {
      const server = await answering('{"data":{"a":1}}');
      for (const address of [`${server.url}${end}`, `127.0.0.1:${server.port}${end}`]) {
        await (await openClient({ model: 'mnist', server: address })).ask('{ a }', {});
      }
      expect(server.asked).toEqual(['/graphql', '/graphql']);
      server.close();
    },
  );

  it('says so where something else answers, or nothing does, or the address is none', async () => {
    const server = await answering('<html>');
    const client = await openClient({ model: 'mnist', server: server.url });
    await expect(client.ask('{ a }', {})).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
      message: expect.stringContaining('status 200 with text/html'),
    });
    server.close();
    const gone = await openClient({ model: 'mnist', server: 'http://127.0.0.1:9' });
    await expect(gone.ask('{ a }', {})).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
    await expect(openClient({ model: 'mnist', server: 'ftp://x' })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
