// Tokens of an identity provider: JWT (RFC 7519), whose signatures are checked with the provider's public keys (JWKS,
// RFC 7517). Issuer, audience and algorithms are fixed by the settings, never by the token (RFC 8725 §3.1).

import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import { expected, GanymedeError, messageOf } from '../errors.js';
import { type Actor, ROLES, type Role } from './role.js';
import { WatchedFile } from './watched-file.js';

export interface TokenOptions {
  /** Address or file of the public keys. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  /** Of public keys alone: with a shared secret whoever checks could also sign. */
  readonly algorithms: readonly string[];
  /** The claim that has the role, or a path to it with dots. */
  readonly claim: string;
  /** Value of the claim → role. */
  readonly roles: Readonly<Record<string, Role>>;
}

/** Seconds by which clocks may differ. */
const CLOCK_TOLERANCE = 5;

/** For an answer of the provider. */
const FETCH_MS = 5000;

export interface Verified {
  readonly actor: Actor;
  /** Seconds since 1970. */
  readonly expires: number;
}

export class Tokens {
  readonly #options: TokenOptions;
  readonly #keyOf: JWTVerifyGetKey;
  readonly #file: WatchedFile<JWTVerifyGetKey> | undefined;

  /** @throws GanymedeError CONFIG_INVALID for a file that holds no keys */
  static async open(options: TokenOptions, onProblem: (error: unknown) => void): Promise<Tokens> {
    const { jwks } = options;
    if (/^https?:/.test(jwks)) {
      const remote = createRemoteJWKSet(new URL(jwks), { timeoutDuration: FETCH_MS });
      return new Tokens(options, remote, undefined);
    }
    const parse = (text: string | undefined) => keySetOf(text, jwks);
    const file = await WatchedFile.open(jwks, { parse, onProblem });
    return new Tokens(options, (header, token) => file.value(header, token), file);
  }

  private constructor(options: TokenOptions, keyOf: JWTVerifyGetKey, file: WatchedFile<JWTVerifyGetKey> | undefined) {
    this.#options = options;
    this.#keyOf = keyOf;
    this.#file = file;
  }

  /** @throws GanymedeError UNAUTHENTICATED, FORBIDDEN without a role, JWKS_UNAVAILABLE */
  async verify(token: string): Promise<Verified> {
    const { issuer, audience, algorithms } = this.#options;
    const rules = { issuer, audience, algorithms: [...algorithms], clockTolerance: CLOCK_TOLERANCE };
    const payload = await jwtVerify(token, (header, input) => this.#found(header, input), {
      ...rules,
      requiredClaims: ['exp', 'sub'],
    }).then(
      (verified) => verified.payload,
      (error: unknown) => {
        throw error instanceof GanymedeError ? error : refused(error, this.#options);
      },
    );
    return { actor: this.#actorOf(payload), expires: payload.exp! };
  }

  close(): void {
    this.#file?.close();
  }

  /** What keeps the keys from being had is no fault of the token. */
  async #found(...asked: Parameters<JWTVerifyGetKey>): Promise<Awaited<ReturnType<JWTVerifyGetKey>>> {
    try {
      return await this.#keyOf(...asked);
    } catch (error) {
      const isOfToken =
        error instanceof errors.JWKSNoMatchingKey ||
        error instanceof errors.JWKSMultipleMatchingKeys ||
        error instanceof errors.JOSENotSupported;
      if (isOfToken) throw error;
      throw new GanymedeError(
        'JWKS_UNAVAILABLE',
        `Expected the public keys of ${this.#options.issuer} but received: ${messageOf(error)}. Try again later, or ask with a key of this server.`,
        { cause: error },
      );
    }
  }

  #actorOf(payload: JWTPayload): Actor {
    const { claim, roles } = this.#options;
    const values = valuesOf(claimOf(payload, claim));
    const granted = values.flatMap((value) => (Object.hasOwn(roles, value) ? [roles[value]!] : []));
    const role = ROLES.findLast((one) => granted.includes(one));
    if (role) return { name: `jwt:${payload.sub}`.slice(0, 100), role };
    throw new GanymedeError(
      'FORBIDDEN',
      `Expected the claim ${claim} of the token to have one of ${Object.keys(roles).join(', ')} but it has none of them. Ask whoever gives the tokens for a role.`,
      { details: { needed: 'viewer', has: null } },
    );
  }
}

/** A claim of that very name, which may be an address, or else the end of a path. */
function claimOf(payload: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(payload, claim)) return payload[claim];
  return claim.split('.').reduce<unknown>((value, name) => {
    const isObject = typeof value === 'object' && value !== null;
    return isObject && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }, payload);
}

/** A list, or as in `scope` words with spaces between them. */
function valuesOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((value) => typeof value === 'string') : [];
}

const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'one that has expired',
  ERR_JOSE_ALG_NOT_ALLOWED: 'one that is signed otherwise',
  ERR_JOSE_NOT_SUPPORTED: 'one that is signed otherwise',
  ERR_JWKS_NO_MATCHING_KEY: 'one that is signed with an unknown key',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'one that does not say by which key it is signed',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'one whose signature is wrong',
};

/** Never with a part of the token. */
function refused(error: unknown, { issuer, audience, algorithms }: TokenOptions): GanymedeError {
  const claim = error instanceof errors.JWTClaimValidationFailed ? error.claim : undefined;
  const code = error instanceof errors.JOSEError ? error.code : '';
  const received =
    claim === undefined ? (REASONS[code] ?? 'one that cannot be read') : `one whose claim ${claim} is not so`;
  return new GanymedeError(
    'UNAUTHENTICATED',
    `Expected a token of ${issuer} for ${audience}, signed by ${algorithms.join(' or ')}, with sub and exp, but received ${received}. Ask for a new one.`,
  );
}

function keySetOf(text: string | undefined, path: string): JWTVerifyGetKey {
  try {
    if (text === undefined) throw new Error('there is no such file');
    return createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  } catch (error) {
    throw expected(
      `JWKS to be the address or the file of a JSON Web Key Set, and ${path}`,
      messageOf(error),
      'CONFIG_INVALID',
    );
  }
}
