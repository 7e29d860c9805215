import { afterEach, describe, expect, test } from 'vitest';
import { bounded, MAX_ALIKE, MAX_ERRORS } from '../../src/server/bounded-errors.js';
import { useServer } from './harness.js';

const server = useServer();
afterEach(() => server.current.engine.forget());

const error = (message: string, code = 'BAD_USER_INPUT') => ({ message, extensions: { code } });

describe('a list of errors', () => {
  test('that is short goes out as it is', () => {
    const errors = [error('a'), error('a'), error('b')];
    expect(bounded(errors, 'id')).toBe(errors);
  });

  test('keeps a few of those that are alike, in order, and every other', () => {
    const errors = [...Array(300).fill(error('a')), error('b'), error('a', 'NOT_FOUND')];
    const list = bounded(errors, 'id');
    expect(list.slice(0, -1)).toEqual([...Array(MAX_ALIKE).fill(error('a')), error('b'), error('a', 'NOT_FOUND')]);
    expect(list.at(-1)?.extensions).toEqual({
      code: 'ERRORS_OMITTED',
      details: { omitted: 295, codes: { BAD_USER_INPUT: 295 } },
      requestId: 'id',
    });
  });

  test('of which each is another is bounded too, and counts what it leaves out by code', () => {
    const errors = Array.from({ length: 1000 }, (_, i) => error(`${i}`, i % 2 ? 'NOT_FOUND' : 'BAD_USER_INPUT'));
    const list = bounded(errors, 'id');
    expect(list).toHaveLength(MAX_ERRORS + 1);
    expect(list.at(-1)?.message).toMatch('490 × BAD_USER_INPUT, 490 × NOT_FOUND');
  });
});

describe('a reply whose every field failed', () => {
  test('by the same fault stays small, and its data still shows which fields failed', async () => {
    const { data, errors } = await server.current.query(
      '{ sample(model: "blind", seed: 1, count: 256) { seed score { logit } } }',
    );
    expect(data.sample.filter(({ score }) => score === null)).toHaveLength(256);
    expect(errors).toHaveLength(MAX_ALIKE + 1);
    expect(errors?.[4]?.path).toEqual(['sample', 4, 'score']);
    expect(errors?.at(-1)?.path).toBeUndefined();
    expect(errors?.at(-1)?.extensions.details).toEqual({ omitted: 251, codes: { CAPABILITY_MISSING: 251 } });
    expect(JSON.stringify(errors).length).toBeLessThan(3000);
  });

  test('by a fault of the server is logged once', async () => {
    const before = server.current.log.length;
    server.current.engine.failure = new Error('out of order');
    const { errors } = await server.current.query('{ sample(model: "tiny", seed: 1, count: 64) { score { logit } } }');
    expect(errors).toHaveLength(MAX_ALIKE + 1);
    const failed = server.current.log.slice(before).filter(({ msg }) => msg === 'A fault of the server.');
    expect(failed).toHaveLength(1);
  });

  test('by as many faults as it has aliases stays small', async () => {
    const fields = Array.from({ length: 60 }, (_, i) => `a${i}: image(size: ${2000 + i}) { url }`).join(' ');
    const { data, errors } = await server.current.query(`{ sample(model: "tiny", seed: 1) { ${fields} } }`);
    expect(Object.values(data.sample[0])).toEqual(Array(60).fill(null));
    expect(errors).toHaveLength(MAX_ERRORS + 1);
    expect(JSON.stringify(errors).length).toBeLessThan(10_000);
  });

  test('by one field written a hundred times names a few places of it', async () => {
    const { errors } = await server.current.query(`{ ${'model(name: "none") { name } '.repeat(100)} }`);
    expect(errors).toHaveLength(1);
    expect(errors?.[0]?.locations).toHaveLength(5);
  });

  test('by a name of 100,000 characters repeats only its beginning', async () => {
    const { errors } = await server.current.query(`{ ${'x'.repeat(100_000)} }`);
    expect(errors?.[0]?.message.length).toBe(1000);
  });
});
