// Who asks, by what they show: a key of this server, a token of an identity provider, or nothing. Where there is
// neither, a server for its own machine alone takes whoever reaches it there for its admin.

import { GanymedeError } from '../errors.js';
import { findKey, inForce, type KeyRecord, keyFileOf, parseKeys } from './keys.js';
import type { Actor, Role } from './role.js';
import { type TokenOptions, Tokens } from './tokens.js';
import { WatchedFile } from './watched-file.js';

/** Who may ask without a key or a token: nobody, those who only look, or those who also score. */
export type Anonymous = 'keys' | 'view' | 'none';

export interface AccessOptions {
  /** The folder with the file of keys. */
  readonly data: string;
  /** Undefined: the machine alone without keys, and nobody with them. */
  readonly auth?: Anonymous | undefined;
  readonly tokens?: TokenOptions | undefined;
  /** It listens on loopback, and no proxy stands before it. */
  readonly isForThisMachine: boolean;
  readonly log?: { error(details: object, message: string): void };
}

export interface Who {
  /** Undefined: nobody, who may ask for nothing. */
  readonly actor: Actor | undefined;
  /** Whose requests are counted together; undefined where it is anybody of an address. */
  readonly id: string | undefined;
  /** Whether what was shown still counts. */
  isGood(): boolean;
}

type Keys = Pick<WatchedFile<readonly KeyRecord[]>, 'value' | 'look' | 'close'>;

const LOCAL: Actor = { name: 'local', role: 'admin' };

const ANONYMOUS: Readonly<Record<Anonymous, Role | undefined>> = { keys: undefined, view: 'viewer', none: 'scorer' };

/** RFC 6750 §2.1; as long as a head may be. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

export class Access {
  readonly #options: AccessOptions;
  readonly #keys: Keys;
  readonly #tokens: Tokens | undefined;

  /** @throws GanymedeError KEYS_INVALID, CONFIG_INVALID where it would be open to other machines and nobody said so */
  static async open(options: AccessOptions): Promise<Access> {
    const { data, tokens, log } = options;
    const path = keyFileOf(data);
    const onProblem = (error: unknown) =>
      log?.error({ err: error }, 'What changed is not understood: goes on as before.');
    const parse = (text: string | undefined) => (text === undefined ? [] : parseKeys(text, path));
    const keys = await WatchedFile.open(path, { parse, onProblem });
    try {
      const access = new Access(options, keys, tokens && (await Tokens.open(tokens, onProblem)));
      access.#requireSomething();
      return access;
    } catch (error) {
      keys.close();
      throw error;
    }
  }

  /** Without keys: anybody may look and score. */
  static forAnybody(): Access {
    const keys = { value: [], look: async () => {}, close: () => {} };
    return new Access({ data: '', auth: 'none', isForThisMachine: false }, keys, undefined);
  }

  private constructor(options: AccessOptions, keys: Keys, tokens: Tokens | undefined) {
    this.#options = options;
    this.#keys = keys;
    this.#tokens = tokens;
  }

  /** Whether whoever reaches the server on its machine is its admin. Once there was a key, never again. */
  get isOpen(): boolean {
    const { auth, isForThisMachine } = this.#options;
    return isForThisMachine && auth === undefined && !this.#knowsAnybody;
  }

  /** Who asks where nothing is shown: on an open server whom it allows besides those of its machine. */
  get anonymous(): Actor | undefined {
    const role = this.isOpen ? 'scorer' : ANONYMOUS[this.#options.auth ?? 'keys'];
    return role && { name: 'anybody', role, anonymous: true };
  }

  get keys(): readonly KeyRecord[] {
    return this.#keys.value;
  }

  /** On an open server. */
  local(): Who {
    return { actor: LOCAL, id: LOCAL.name, isGood: () => this.isOpen };
  }

  /** Who shows nothing. */
  nobody(): Who {
    const { anonymous } = this;
    return { actor: anonymous, id: undefined, isGood: () => this.anonymous?.role === anonymous?.role };
  }

  /**
   * `authorization`: the header. Where there is nothing to compare it with, it may be meant for a proxy before.
   * @throws GanymedeError UNAUTHENTICATED, and as Tokens.verify
   */
  identify(authorization: string | undefined): Who | Promise<Who> {
    const means = this.#knowsAnybody || this.#options.auth === 'keys';
    if (authorization === undefined || !means) return this.nobody();
    const shown = BEARER.exec(authorization)?.[1];
    if (shown === undefined) throw refused('something else');
    return this.#tokens && shown.split('.').length === 3 ? this.#byToken(this.#tokens, shown) : this.#byKey(shown);
  }

  /** Reads what changed at once. */
  async look(): Promise<void> {
    await this.#keys.look();
  }

  close(): void {
    this.#keys.close();
    this.#tokens?.close();
  }

  get #knowsAnybody(): boolean {
    return this.#tokens !== undefined || this.#keys.value.length > 0;
  }

  /** One that is not known yet may have been made a moment ago, and be known to another process of the server. */
  #byKey(shown: string): Who | Promise<Who> {
    const key = findKey(this.#keys.value, shown);
    return key ? this.#whose(key) : this.look().then(() => this.#whose(findKey(this.#keys.value, shown)));
  }

  #whose(key: KeyRecord | undefined): Who {
    if (!key) throw refused('an unknown one');
    if (!inForce(key)) throw refused(key.revoked ? 'one that was revoked' : 'one that has expired');
    const isGood = () => this.#keys.value.some((other) => other.id === key.id && inForce(other));
    return { actor: { name: key.name, role: key.role }, id: `key ${key.id}`, isGood };
  }

  async #byToken(tokens: Tokens, shown: string): Promise<Who> {
    const { actor, expires } = await tokens.verify(shown);
    return { actor, id: actor.name, isGood: () => Date.now() < expires * 1000 };
  }

  #requireSomething(): void {
    const { isForThisMachine, auth, tokens, data } = this.#options;
    if (isForThisMachine || auth !== undefined || tokens || this.keys.some((key) => inForce(key))) return;
    throw new GanymedeError(
      'CONFIG_INVALID',
      `Expected a key in ${keyFileOf(data)}, JWKS or AUTH for a server that other machines reach (HOST, PUBLIC_URL) but received none. ` +
        'Make a key with "npx ganymede keys create <name> --role admin", or set AUTH=none: then anybody may look and score, and nobody without a key change anything.',
    );
  }
}

/** Never with a part of what was shown. */
function refused(received: string): GanymedeError {
  return new GanymedeError(
    'UNAUTHENTICATED',
    `Expected the header "Authorization: Bearer <key>" with a key of this server or a token in force but received ${received}. Ask its admin for a key.`,
  );
}
