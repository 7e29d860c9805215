// Tokens of an identity provider that is a key pair of the test: what is taken, and every forgery that is known.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TokenOptions, Tokens } from '../../src/access/tokens.js';

const ISSUER = 'https://id.example.com';
const AUDIENCE = 'ganymede';

let pair: Awaited<ReturnType<typeof generateKeyPair>>;
let stranger: typeof pair;
let options: TokenOptions;
let tokens: Tokens;
let folder: string;

beforeAll(async () => {
  pair = await generateKeyPair('ES256', { extractable: true });
  stranger = await generateKeyPair('ES256', { extractable: true });
  folder = await mkdtemp(join(tmpdir(), 'ganymede-tokens-'));
  const jwks = join(folder, 'jwks.json');
  await writeFile(jwks, JSON.stringify(await keySet()));
  options = {
    ...{ jwks, issuer: ISSUER, audience: AUDIENCE, algorithms: ['ES256', 'RS256'], claim: 'role' },
    roles: { viewer: 'viewer', scorer: 'scorer', admin: 'admin' },
  };
  tokens = await Tokens.open(options, () => {});
});
afterAll(async () => {
  tokens.close();
  await rm(folder, { recursive: true });
});

async function keySet() {
  return { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] };
}

interface Claims {
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: string | number;
  readonly kid?: string;
  readonly key?: typeof pair.privateKey;
  readonly claims?: Record<string, unknown>;
}

function sign({ issuer = ISSUER, audience = AUDIENCE, expires = '1h', kid = 'one', key, claims }: Claims = {}) {
  return new SignJWT({ role: 'scorer', ...claims })
    .setProtectedHeader({ alg: 'ES256', kid })
    .setSubject('ann')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(expires)
    .sign(key ?? pair.privateKey);
}

describe('a token', () => {
  test('of the provider, for this server and in time is its subject in its role', async () => {
    expect((await tokens.verify(await sign())).actor).toEqual({ name: 'jwt:ann', role: 'scorer' });
  });

  test.each<[string, () => Promise<string>, RegExp]>([
    ['that has expired', () => sign({ expires: 1 }), /expired/],
    ['of another issuer', () => sign({ issuer: 'https://evil.example' }), /iss/],
    ['for somebody else', () => sign({ audience: 'another' }), /aud/],
    ['signed by an unknown key', () => sign({ kid: 'two' }), /unknown key/],
    ['signed by a stranger under a known name', () => sign({ key: stranger.privateKey }), /signature/],
    ['whose text was changed', async () => (await sign()).replace(/\.[^.]+\./, `.${payload()}.`), /signature/],
    ['signed by nobody', async () => unsecured(), /signed otherwise|cannot be read/],
    ['signed with the public key as a secret', () => bySecret(), /signed otherwise/],
    ['that never ends', () => endless(), /exp/],
    ['that is no token', async () => 'a.b.c', /cannot be read/],
  ])('%s is refused', async (_, make, reason) => {
    const token = await make();
    const error = await tokens.verify(token).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringMatching(reason) });
    expect((error as Error).message).not.toContain(token.split('.')[1]!.slice(0, 20) + token.slice(-10));
  });

  test('without a role is told which ones there are', async () => {
    const token = await sign({ claims: { role: 'guest' } });
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test.each<[string, string, Record<string, unknown>]>([
    ['a path', 'realm.roles', { realm: { roles: ['x', 'owner'] } }],
    ['a name that is an address', 'https://a.example/roles', { 'https://a.example/roles': ['staff', 'owner'] }],
    ['words', 'scope', { scope: 'openid owner' }],
  ])('has its role by %s, the highest that is granted', async (_, claim, claims) => {
    const roles = { staff: 'viewer', owner: 'admin' } as const;
    const others = await Tokens.open({ ...options, claim, roles }, () => {});
    expect((await others.verify(await sign({ claims }))).actor.role).toBe('admin');
    others.close();
  });
});

describe('the keys of a provider', () => {
  test('come from its address, and while it does not answer tokens are refused for that', async () => {
    let up = false;
    const server = createServer(async (_, reply) => {
      reply.statusCode = up ? 200 : 500;
      reply.end(JSON.stringify(await keySet()));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const jwks = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const remote = await Tokens.open({ ...options, jwks }, () => {});
    await expect(remote.verify(await sign())).rejects.toMatchObject({ code: 'JWKS_UNAVAILABLE' });
    up = true;
    expect((await remote.verify(await sign())).actor.role).toBe('scorer');
    server.close();
  });

  test('that are none stop the start', async () => {
    const jwks = join(folder, 'none.json');
    await expect(Tokens.open({ ...options, jwks }, () => {})).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

function payload(): string {
  const claims = { role: 'admin', sub: 'ann', iss: ISSUER, aud: AUDIENCE, exp: 4_000_000_000 };
  return Buffer.from(JSON.stringify(claims)).toString('base64url');
}

function unsecured(): string {
  return new UnsecuredJWT({ role: 'admin' })
    .setSubject('ann')
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .encode();
}

async function bySecret(): Promise<string> {
  const secret = new TextEncoder().encode(await exportSPKI(pair.publicKey));
  return new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setSubject('ann')
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setExpirationTime('1h')
    .sign(secret);
}

function endless(): Promise<string> {
  return new SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setSubject('ann')
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .sign(pair.privateKey);
}
