// What this server is and what it allows, so that a client need not find out by being refused.

import { Ctx, Field, Float, Int, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import type { Actor, Role } from '../access/role.js';
import { GanymedeError } from '../errors.js';
import { LIMITS, TRUNCATION } from '../limits.js';
import { RESOURCES } from './account.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'The range of an argument, both ends included.' })
class Limit {
  @Field(() => String, { description: 'Of the argument: "count", "seed", "size", …' })
  readonly name!: string;

  @Field(() => Float)
  readonly least!: number;

  @Field(() => Float)
  readonly most!: number;
}

@ObjectType({ description: 'What one request may ask for in all, aliases and lists multiplied out.' })
class Budget {
  @Field(() => String, { description: 'As `details.resource` of a refusal names it.' })
  readonly resource!: string;

  @Field(() => String, { description: 'What is counted.' })
  readonly what!: string;

  @Field(() => Int)
  readonly most!: number;
}

@ObjectType('JobKeeping', { description: 'Who keeps the jobs, and how safely.' })
class JobKeepingType {
  @Field(() => String, {
    description: '"sqlite", in this server’s own folder, or "redis", which servers and workers share.',
  })
  readonly engine!: string;

  @Field(() => String, {
    nullable: true,
    description: 'What of the acknowledged a power cut would lose, in words. Null: nothing.',
  })
  readonly lossAtPowerCut!: string | null;
}

const RoleEnum = { VIEWER: 'viewer', SCORER: 'scorer', ADMIN: 'admin' } as const satisfies Record<string, Role>;
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What somebody may do: each may what those before it may.',
  valuesConfig: {
    VIEWER: { description: 'Look at what models make.' },
    SCORER: { description: 'Send images, to have them scored, encoded, classified or completed.' },
    ADMIN: { description: 'Train, promote, and see jobs and the audit log.' },
  },
});

@ObjectType({ description: 'Who asks.' })
class Caller {
  @Field(() => String, {
    description: 'The name of a key, `jwt:` and the subject of a token, `local`, or `anybody`.',
  })
  readonly name!: string;

  @Field(() => RoleEnum)
  readonly role!: Role;

  @Field(() => Boolean, { description: 'Whether neither key nor token was sent, and a key could give more.' })
  readonly anonymous!: boolean;
}

export const EngineKind = { THREADS: 'threads', KSERVE: 'kserve' } as const;
registerEnumType(EngineKind, {
  name: 'EngineKind',
  description: 'Where graphs run: in threads of this server, or on another one, by the Open Inference Protocol.',
});

@ObjectType('Engine', { description: 'What runs the graphs of the models.' })
class EngineType {
  @Field(() => EngineKind)
  readonly kind!: string;

  @Field(() => Boolean, { description: 'Whether it can run anything now; of another server, when it was last asked.' })
  readonly ready!: boolean;

  @Field(() => String, { nullable: true, description: 'The address of the other server; for admins alone.' })
  readonly address!: string | null;

  @Field(() => String, { nullable: true, description: 'What the other server calls itself, as far as it is known.' })
  readonly server!: string | null;
}

@ObjectType('Server', { description: 'This server: what it runs on, and what one request may ask for.' })
export class ServerType {
  @Field(() => String, { description: 'The release of Ganymede.' })
  readonly codeVersion!: string;

  @Field(() => String, {
    description: 'What the graphs run on: "cpu", "webgpu" or "cuda"; "remote" where another server runs them.',
  })
  readonly device!: string;

  @Field(() => Int, { description: 'Batches that run at once.' })
  readonly workers!: number;

  @Field(() => Int, { description: 'Threads of each; 0 where another server runs the graphs.' })
  readonly threadsPerWorker!: number;

  @Field(() => Caller, { description: 'Who asks, so that a page need not offer what would be refused.' })
  readonly caller!: Caller;

  @Field(() => EngineType)
  readonly engine!: EngineType;

  @Field(() => JobKeepingType, { nullable: true, description: 'Null where this server takes no jobs.' })
  readonly jobs!: JobKeepingType | null;

  @Field(() => [Limit])
  readonly limits!: readonly Limit[];

  @Field(() => [Budget])
  readonly budgets!: readonly Budget[];
}

@Resolver(() => ServerType)
export class ServerResolver {
  @Query(() => ServerType, { description: 'What this server is, and what it allows.' })
  server(@Ctx('scope') scope: RequestScope): ServerType {
    const ranges = Object.entries({ ...LIMITS, truncation: TRUNCATION });
    return {
      ...scope.server,
      caller: callerOf(scope.actor),
      engine: engineOf(scope),
      jobs: scope.jobKeeping,
      limits: ranges.map(([name, { least, most }]) => ({ name, least, most })),
      budgets: Object.entries(RESOURCES).map(([resource, { what, limit }]) => ({ resource, what, most: limit })),
    };
  }
}

/** Nobody gets here without a role: src/resolvers/roles.ts. */
function callerOf(actor: Actor | undefined): Caller {
  if (!actor) throw new GanymedeError('UNAUTHENTICATED', 'Expected to know who asks but received no key.');
  const { name, role, anonymous = false } = actor;
  return { name, role, anonymous };
}

function engineOf({ server: { engine }, actor }: RequestScope): EngineType {
  const { healthy: ready, remote } = engine;
  if (!remote) return { kind: EngineKind.THREADS, ready, address: null, server: null };
  const address = actor?.role === 'admin' ? remote.address : null;
  return { kind: EngineKind.KSERVE, ready, address, server: remote.server };
}
