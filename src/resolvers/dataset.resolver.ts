// Data sets: creating them from what lies on the server, what is built in or what was sent; looking at them; deleting
// them.

import { Arg, Args, ArgsType, Ctx, Field, ID, InputType, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import type { BuiltinData as BuiltinRecord, DatasetOrder } from '../catalog/catalog.js';
import { given } from '../jobs/orders.js';
import { checkLength } from '../limits.js';
import { connectionOf, PageArgs } from './connection.js';
import { DataUpload } from './data-upload.type.js';
import { Dataset } from './dataset.type.js';
import { checkIdempotencyKey } from './idempotency.js';
import { type Connection, type Order, pageOf } from './pages.js';
import type { RequestScope } from './scope.js';

@InputType({ description: 'Where data is.' })
class DatasetSource {
  @Field(() => String, { nullable: true, description: 'A path under the folders that the settings allow.' })
  readonly path?: string | null;

  @Field(() => String, { nullable: true, description: 'The name of built-in data, such as glyphs.' })
  readonly builtin?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      'Files that were sent to /uploads, by the last part of their addresses: one, or several that belong together.',
  })
  readonly upload?: readonly string[] | null;
}

@ArgsType()
class CreateDatasetArgs {
  @Field(() => String, { description: 'Lower-case letters, digits and hyphens, 64 at most.' })
  readonly name!: string;

  @Field(() => DatasetSource)
  readonly source!: DatasetSource;

  @Field(() => String, {
    nullable: true,
    description: 'What to do with the data, such as resize=64x64,channels=1; docs/datasets.md lists them.',
  })
  readonly settings?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'With the same key the same request is the same data set, however often it is sent.',
  })
  readonly idempotencyKey?: string | null;
}

@ObjectType({ description: 'Data that Ganymede makes itself: jobs may name it `builtin:<name>`.' })
class BuiltinData implements BuiltinRecord {
  @Field(() => String)
  readonly name!: string;

  @Field(() => String, { description: 'What it is of.' })
  readonly what!: string;
}

const DatasetConnection = connectionOf('Dataset', () => Dataset);

const BY_NAME: Order<Dataset> = {
  list: 'datasets',
  key: ({ name }) => name,
  isKey: (text) => /^[a-z0-9-]{1,64}$/.test(text),
  follows: ({ name }, key) => name > key,
};

@Resolver()
export class DatasetResolver {
  @Query(() => Dataset, { description: 'A data set by its name.' })
  async dataset(@Ctx('scope') scope: RequestScope, @Arg('name', () => ID) name: string): Promise<Dataset> {
    scope.admin();
    return new Dataset(await scope.desk().catalog.get(name));
  }

  @Query(() => DatasetConnection, { description: 'The data sets that are kept, by name.' })
  async datasets(
    @Ctx('scope') scope: RequestScope,
    @Args(() => PageArgs) page: PageArgs,
  ): Promise<Connection<Dataset>> {
    scope.admin();
    const all = await scope.desk().catalog.list();
    return pageOf(
      all.map((record) => new Dataset(record)),
      page,
      BY_NAME,
    );
  }

  @Query(() => [BuiltinData], { description: 'Data that is there without being created.' })
  builtinData(@Ctx('scope') scope: RequestScope): readonly BuiltinData[] {
    scope.admin();
    return scope.desk().catalog.builtin;
  }

  @Query(() => [DataUpload], {
    description: 'Files of data that were sent, or are on their way, and wait; oldest first.',
  })
  async uploads(@Ctx('scope') scope: RequestScope): Promise<DataUpload[]> {
    scope.admin();
    const files = await scope.desk().sent.list();
    return files.map((file) => new DataUpload(file));
  }

  @Mutation(() => Dataset, {
    nullable: true,
    description: 'Looks through data and keeps it under a name, by which jobs ask for it.',
  })
  async createDataset(
    @Ctx('scope') scope: RequestScope,
    @Args(() => CreateDatasetArgs) args: CreateDatasetArgs,
  ): Promise<Dataset> {
    const by = scope.admin();
    const { name, source, settings, idempotencyKey } = args;
    checkIdempotencyKey(idempotencyKey);
    const order = { name, source: sourceOf(source), ...given({ settings, idempotencyKey }) };
    return new Dataset(await scope.desk().createDataset(order, by, scope.signal));
  }

  @Mutation(() => Boolean, {
    nullable: true,
    description: 'Removes a data set and what was sent for it; data at a path stays. Refused while a job needs it.',
  })
  async deleteDataset(@Ctx('scope') scope: RequestScope, @Arg('name', () => ID) name: string): Promise<boolean> {
    const by = scope.admin();
    await scope.desk().deleteDataset(name, by);
    return true;
  }
}

/** `@oneOf`: exactly one of them is given. */
function sourceOf({ path, builtin, upload }: DatasetSource): DatasetOrder['source'] {
  if (upload != null) return { kind: 'upload', ids: checkLength('uploads', upload) };
  return path != null ? { kind: 'path', text: path } : { kind: 'builtin', text: builtin! };
}
