// What this Redis would lose at a power cut. It is for whoever runs it to choose, and for us to say: an answer "queued"
// is worth as much as Redis's own settings make it.
// https://redis.io/docs/latest/operate/oss_and_stack/management/persistence/

import { GanymedeError } from '../../errors.js';
import type { Redis } from './connection.js';

const SETTINGS = ['appendonly', 'appendfsync', 'no-appendfsync-on-rewrite', 'maxmemory-policy', 'save'] as const;

/** Null where Redis does not tell, as managed ones do not. */
export type RedisSettings = Readonly<Record<(typeof SETTINGS)[number], string | null>>;

export async function settingsOf(client: Redis): Promise<RedisSettings> {
  const found: Record<string, string | null> = {};
  for (const name of SETTINGS) found[name] = await settingOf(client, name);
  return found as RedisSettings;
}

/**
 * A Redis that throws keys away to make room would throw jobs away, acknowledged ones too.
 * @throws GanymedeError CONFIG_INVALID
 */
export function refuseEviction({ 'maxmemory-policy': policy }: RedisSettings): void {
  if (policy === null || policy === 'noeviction') return;
  throw new GanymedeError(
    'CONFIG_INVALID',
    `Expected a Redis with maxmemory-policy noeviction but received ${policy}: it would throw jobs away when its memory is full. Set it, as by "redis-cli config set maxmemory-policy noeviction" and in redis.conf.`,
    { details: { setting: 'maxmemory-policy', value: policy } },
  );
}

/** What of the acknowledged a power cut, or a crash of the machine, would lose; `null`: nothing. */
export function lossAtPowerCut(settings: RedisSettings): string | null {
  const { appendonly, appendfsync, 'no-appendfsync-on-rewrite': pause, save } = settings;
  if (appendonly === null || appendfsync === null) {
    return 'Nobody knows how much: this Redis does not tell its settings (CONFIG).';
  }
  if (appendonly === 'no') {
    return save
      ? `All since its last snapshot (appendonly no, save ${save}); so does a crash of Redis itself.`
      : 'Everything (appendonly no, no snapshots); so does any end of Redis itself.';
  }
  if (appendfsync === 'no') return 'What the system had not written yet, often half a minute (appendfsync no).';
  if (pause === 'yes') return 'All since the log began to be rewritten, if it was (no-appendfsync-on-rewrite yes).';
  if (appendfsync === 'everysec') return 'About the last second (appendfsync everysec); with always, nothing.';
  return null;
}

async function settingOf(client: Redis, name: string): Promise<string | null> {
  try {
    const [, value] = (await client.config('GET', name)) as string[];
    return value ?? null;
  } catch (error) {
    if (error instanceof Error && /^(ERR unknown command|NOPERM|ERR.*CONFIG)/i.test(error.message)) return null;
    throw error;
  }
}
