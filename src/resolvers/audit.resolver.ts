// The audit log: what admins did, newest first, and whether it is as it was written.

import { GraphQLJSONObject } from 'graphql-scalars';
import { Args, ArgsType, Ctx, Field, InputType, Int, ObjectType, Query, Resolver } from 'type-graphql';
import { expected } from '../errors.js';
import { auditPage, type AuditCheck as Checked, checkAudit, countAudit } from '../jobs/audit.js';
import type { AuditEntry as Entry } from '../jobs/engine.js';
import { checkInteger } from '../limits.js';
import { connectionOf, PageArgs } from './connection.js';
import { type Connection, pageFrom } from './pages.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'Something that an admin did, or set out to do.' })
export class AuditEntry {
  readonly #entry: Entry;

  constructor(entry: Entry) {
    this.#entry = entry;
  }

  @Field(() => Int, { description: 'Its number, from 1.' })
  get seq(): number {
    return this.#entry.seq;
  }

  @Field(() => Date)
  get at(): Date {
    return new Date(this.#entry.at);
  }

  @Field(() => String, { description: 'The name of a key, `jwt:` and the subject of a token, or `local`.' })
  get by(): string {
    return this.#entry.by;
  }

  @Field(() => String, {
    description:
      'Such as `train` or `promote`. What is more than a row of the database is written before it is done, as `promote begun`, and after.',
  })
  get action(): string {
    return this.#entry.action;
  }

  @Field(() => GraphQLJSONObject, { description: 'With what.' })
  get about(): Entry['about'] {
    return this.#entry.about;
  }

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of this entry and of the digest before; null over Redis.',
  })
  get digest(): string | null {
    return this.#entry.digest;
  }
}

@ObjectType({ description: 'Whether each entry of the audit log follows from the one before, by their digests.' })
export class AuditCheck implements Checked {
  @Field(() => Int, { description: 'How many there are.' })
  readonly entries!: number;

  @Field(() => Boolean, { nullable: true, description: 'Null over Redis, which keeps no digests.' })
  readonly intact!: boolean | null;

  @Field(() => Int, { nullable: true, description: 'The newest entry that does not follow from the one before it.' })
  readonly brokenAt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Digest of the newest entry. Kept elsewhere, it also shows whether the newest entries were removed.',
  })
  readonly head!: string | null;
}

@InputType('AuditFilter')
class AuditFilterInput {
  @Field(() => String, { nullable: true, description: 'By this key, subject or `local`.' })
  readonly by?: string | null;

  @Field(() => String, { nullable: true, description: 'Of this name, such as `promote`.' })
  readonly action?: string | null;
}

@ArgsType()
class AuditArgs extends PageArgs {
  @Field(() => AuditFilterInput, { nullable: true })
  readonly filter?: AuditFilterInput | null;
}

const AuditConnection = connectionOf('AuditEntry', () => AuditEntry);

@Resolver()
export class AuditResolver {
  @Query(() => AuditConnection, { description: 'What admins did, newest first.' })
  async audit(
    @Ctx('scope') scope: RequestScope,
    @Args(() => AuditArgs) { filter, first, after }: AuditArgs,
  ): Promise<Connection<AuditEntry>> {
    scope.admin();
    const count = checkInteger('first', first);
    const { store } = await scope.desk().open();
    const { by, action } = filter ?? {};
    const wanted = { ...(by != null && { by }), ...(action != null && { action }) };
    const found = await auditPage(store, wanted, count + 1, after == null ? undefined : readCursor(after));
    const edges = found.map((entry) => ({ node: new AuditEntry(entry), cursor: cursorOf(entry) }));
    return pageFrom(edges, { first, after: after ?? null }, await countAudit(store, wanted));
  }

  @Query(() => AuditCheck, { description: 'Reads the whole audit log, and says whether it is as it was written.' })
  async auditCheck(@Ctx('scope') scope: RequestScope): Promise<AuditCheck> {
    scope.admin();
    const { store } = await scope.desk().open();
    return checkAudit(store);
  }
}

function cursorOf({ seq }: Entry): string {
  return Buffer.from(`audit ${seq}`).toString('base64url');
}

function readCursor(cursor: string): number {
  const seq = /^audit ([1-9]\d{0,14})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (seq !== undefined) return Number(seq);
  throw expected('a cursor of an earlier page', cursor);
}
