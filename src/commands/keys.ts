// The command `keys`: makes, lists and revokes the keys of a server. It writes a file of the server's data folder; the
// server sees it within a second.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { createKey, inForce, type KeyRecord, readKeys, revokeKey } from '../access/keys.js';
import { ROLES, type Role } from '../access/role.js';
import { rowsBelow } from './columns.js';

interface Where {
  readonly data: string;
}

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('make, list and revoke the keys of a server');
  at(keys.command('create'))
    .description('make a key, and print it this once')
    .argument('<name>', 'whose it is, such as web-page')
    .addOption(
      new Option('--role <role>', 'viewer: looks; scorer: sends images, too; admin: everything')
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .option('--expires <when>', 'a date, such as 2030-01-31, or a time from now, such as 90d or 12h', instant)
    .action(create);
  at(keys.command('list')).description('list all keys that were ever made').action(list);
  at(keys.command('revoke'))
    .description('end a key, and what it is asking for')
    .argument('<key>', 'its name or its id')
    .action(revoke);
}

function at(command: Command): Command {
  const option = new Option('--data <dir>', 'the data folder of the server').env('DATA').default('ganymede-data');
  return command.addOption(option);
}

async function create(
  name: string,
  { data, role, expires }: Where & { readonly role: Role; readonly expires?: Date },
): Promise<void> {
  const { key, record } = await createKey(data, { name, role, ...(expires && { expires }) });
  process.stdout.write(`${key}\n`); // alone, so that a script may take it
  process.stderr.write(`That is the key of ${record.name}, a ${role}. It is shown this once.\n`);
}

async function list({ data }: Where): Promise<void> {
  const keys = await readKeys(data);
  const rows = keys.map((key) => [
    ...[key.id, key.name, key.role, `…${key.end}`, key.created.slice(0, 10), key.expires?.slice(0, 10) ?? 'never'],
    stateOf(key),
  ]);
  const lines = keys.length === 0 ? ['No keys.'] : rowsBelow(HEADS, rows);
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function revoke(which: string, { data }: Where): Promise<void> {
  const { name, id } = await revokeKey(data, which);
  process.stdout.write(`Revoked ${name} (${id}).\n`);
}

const HEADS = ['id', 'name', 'role', 'key', 'created', 'expires', 'state'] as const;

function stateOf(key: KeyRecord): string {
  if (key.revoked) return `revoked ${key.revoked.slice(0, 10)}`;
  return inForce(key) ? 'in force' : 'expired';
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A date is its beginning in UTC. */
function instant(text: string): Date {
  const [, count, unit] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const isDate = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text);
  const date =
    unit === undefined ? new Date(isDate ? text : Number.NaN) : new Date(Date.now() + Number(count) * UNITS[unit]!);
  if (Number.isNaN(date.getTime()))
    throw new InvalidArgumentError('Expected a date such as 2030-01-31, or 90d, 12h or 30m.');
  return date;
}
