import { once } from 'node:events';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HeldBytes, PATIENCE_MS, SMALL_BYTES } from '../../src/server/held-bytes.js';

const MIB = 2 ** 20;
const always = { waits: () => true };

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('what clients make the server keep', () => {
  test('is given back once, however often it is released', () => {
    const held = new HeldBytes(10 * MIB);
    const release = held.take(3 * MIB, new Socket(), always);
    held.take(MIB, new Socket(), always);
    release();
    release();
    expect(held.total).toBe(MIB);
  });

  test('is given back when the connection closes, and not kept for one that has closed', async () => {
    const held = new HeldBytes(10 * MIB);
    const socket = new Socket();
    held.take(MIB, socket, always);
    held.take(MIB, socket, { waits: () => false });
    const closed = once(socket, 'close');
    socket.destroy();
    await closed;
    expect(held.total).toBe(0);
    held.take(MIB, socket, always);
    expect(held.total).toBe(0);
  });

  test('beyond the bound is refused, while small answers pass', () => {
    const held = new HeldBytes(10 * MIB);
    held.take(9 * MIB, new Socket(), always);
    expect(() => held.take(2 * MIB, new Socket(), always)).toThrow(
      expect.objectContaining({ code: 'QUEUE_FULL', details: { bytes: 2 * MIB, limit: 10 * MIB } }),
    );
    held.take(SMALL_BYTES, new Socket(), always);
    expect(held.total).toBe(9 * MIB + SMALL_BYTES);
  });

  test('on one connection is a quarter of it, or one answer', () => {
    const held = new HeldBytes(10 * MIB);
    const [pipelined, single] = [new Socket(), new Socket()];
    held.take(2 * MIB, pipelined, always);
    expect(() => held.take(MIB, pipelined, always)).toThrow(/a quarter of it for one connection/);
    held.take(3 * MIB, single, always);
    expect(held.total).toBe(5 * MIB);
  });

  test('is bounded too where it consists of many small answers', () => {
    const held = new HeldBytes(10 * MIB);
    const [busy, other] = [new Socket(), new Socket()];
    const pipeline = () => {
      for (;;) held.take(20_000, busy, always);
    };
    expect(pipeline).toThrow(/a quarter of it for one connection/);
    expect(held.total).toBeLessThanOrEqual(2.5 * MIB);
    held.take(300, busy, always); // what tells so
    held.take(20_000, other, always);
  });

  test('may be one answer larger than the bound, if it is alone', () => {
    const held = new HeldBytes(MIB);
    held.take(2 * MIB, new Socket(), always);
    expect(held.total).toBe(2 * MIB);
  });

  test('is freed by cutting off who was waited for longest, and no more of them than needed', () => {
    const held = new HeldBytes(10 * MIB);
    const [first, second, young] = [new Socket(), new Socket(), new Socket()];
    held.take(4 * MIB, first, always);
    held.take(4 * MIB, second, always);
    vi.advanceTimersByTime(PATIENCE_MS + 1);
    held.take(MIB, young, always);
    held.take(3 * MIB, new Socket(), always);
    expect([first, second, young].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect(held.total).toBe(8 * MIB);
  });

  test('is not freed at the cost of who waits for the server', () => {
    const held = new HeldBytes(10 * MIB);
    const busy = new Socket();
    held.take(9 * MIB, busy, { waits: () => false });
    vi.advanceTimersByTime(PATIENCE_MS + 1);
    expect(() => held.take(2 * MIB, new Socket(), always)).toThrow(/^Expected room for/);
    expect(busy.destroyed).toBe(false);
  });

  test('for longer than it may is cut off, and nothing else', () => {
    const held = new HeldBytes(10 * MIB);
    const [slow, quick, patient] = [new Socket(), new Socket(), new Socket()];
    const terms = { ...always, mostMs: 60_000 };
    held.take(1, patient, always);
    held.take(1, slow, terms);
    vi.advanceTimersByTime(60_000);
    held.take(1, quick, terms);
    vi.advanceTimersByTime(1);
    expect(held.cutOverdue()).toBe(1);
    expect([patient, slow, quick].map(({ destroyed }) => destroyed)).toEqual([false, true, false]);
    expect(held.total).toBe(2);
  });
});
