// What trainings may run on, and which of it this machine has.

import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import type { RequestScope } from './scope.js';

export const TrainingDevice = {
  CPU: 'cpu',
  WEBGPU: 'webgpu',
  CUDA: 'cuda',
  TFJS_NODE: 'tfjs-node',
  TFJS_NODE_GPU: 'tfjs-node-gpu',
} as const;
registerEnumType(TrainingDevice, { name: 'TrainingDevice', description: 'What the steps of a training run on.' });

@ObjectType({ description: 'Something that a training may run on, found by trying.' })
class Device {
  @Field(() => TrainingDevice)
  readonly name!: string;

  @Field(() => Boolean)
  readonly available!: boolean;

  @Field(() => String, { nullable: true, description: 'Where it is not available: why, and what to do.' })
  readonly why!: string | null;
}

@Resolver()
export class DeviceResolver {
  @Query(() => [Device], {
    description: 'What trainings may run on here. Trying takes seconds; the answer is kept for a minute.',
  })
  async devices(@Ctx('scope') scope: RequestScope): Promise<readonly Device[]> {
    scope.admin();
    const reports = await scope.desk().devices.list();
    return reports.map(({ name, usable, detail }) => ({
      name,
      available: usable,
      why: usable ? null : scope.hidePaths(detail),
    }));
  }
}
