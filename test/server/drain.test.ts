import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { useServer } from './harness.js';

const server = useServer();

test('a server that closes answers what is in flight, takes nothing new, and then is closed', async () => {
  const { app, engine, repository } = server.current;
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const ask = (query: string) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  const release = engine.hold();
  const inFlight = ask('{ sample(model: "tiny", seed: 1) { image { bytes } } }');
  await vi.waitFor(() => expect(repository.get('tiny').stats().generate?.queued).toBe(1), 20_000);

  let closed = false;
  const closing = app.close().then(() => {
    closed = true;
  });
  await vi.waitFor(async () => {
    // Refused outright, or answered 503 on a connection that was open already.
    const outcome = await ask('{ models { name } }').then(
      (reply) => reply.status,
      () => 'refused',
    );
    expect(['refused', 503]).toContain(outcome);
  }, 20_000);
  await pause(20);
  expect(closed).toBe(false);

  release();
  const reply = await inFlight;
  expect(reply.status).toBe(200);
  expect(((await reply.json()) as { errors?: unknown }).errors).toBeUndefined();
  await closing;
  expect(closed).toBe(true);
});
