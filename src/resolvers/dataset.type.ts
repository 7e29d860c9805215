// The type Dataset: what a data set holds, how it looks, and what needs it.

import { Args, ArgsType, Ctx, Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { DatasetRecord } from '../catalog/record.js';
import { checkInteger, LIMITS, rangeOf } from '../limits.js';
import { Job } from './job.type.js';
import type { RequestScope } from './scope.js';

@ObjectType({ description: 'A class of a data set.' })
class DatasetClass {
  @Field(() => String)
  readonly name!: string;

  @Field(() => Int, { description: 'Its examples.' })
  readonly count!: number;
}

@ObjectType({ description: 'A file that cannot be read, and so is left out.' })
class RejectedFile {
  @Field(() => String)
  readonly name!: string;

  @Field(() => String)
  readonly reason!: string;
}

@ArgsType()
class ClassesArgs {
  @Field(() => Int, { defaultValue: 100, description: `At most so many, in ${rangeOf(LIMITS.top)}.` })
  readonly first!: number;
}

@ArgsType()
class FirstArgs {
  @Field(() => Int, { defaultValue: 20, description: `At most so many, in ${rangeOf(LIMITS.first)}.` })
  readonly first!: number;
}

@ObjectType({ description: 'Data that jobs may name, looked through when it was created.' })
export class Dataset {
  readonly #record: DatasetRecord;

  constructor(record: DatasetRecord) {
    this.#record = record;
  }

  @Field(() => ID, { description: 'What jobs name it by.' })
  get name(): string {
    return this.#record.name;
  }

  @Field(() => String, { description: 'Built-in data, a path, or the files that were sent, with settings.' })
  get source(): string {
    return this.#record.source.text;
  }

  @Field(() => String, { description: 'SHA-256 of names, labels and contents.' })
  get digest(): string {
    return this.#record.sha256;
  }

  @Field(() => Int)
  get examples(): number {
    return this.#record.examples;
  }

  @Field(() => [Int], { description: 'Of an example: channels, height and width of images; [n] of points.' })
  get shape(): readonly number[] {
    return this.#record.shape;
  }

  @Field(() => Int, { nullable: true, description: 'In pixels; null of points.' })
  get width(): number | null {
    return this.#record.shape[2] ?? null;
  }

  @Field(() => Int, { nullable: true, description: 'In pixels; null of points.' })
  get height(): number | null {
    return this.#record.shape[1] ?? null;
  }

  @Field(() => Int, { nullable: true, description: '1 of grey images, 3 of colour; null of points.' })
  get channels(): number | null {
    return this.#record.shape.length === 3 ? this.#record.shape[0]! : null;
  }

  @Field(() => [DatasetClass], { description: 'Empty where it has no labels; a thousand at most.' })
  classes(@Args(() => ClassesArgs) { first }: ClassesArgs): readonly DatasetClass[] {
    return this.#record.classes.slice(0, checkInteger('top', first, 'first'));
  }

  @Field(() => Int)
  get classCount(): number {
    return this.#record.classCount;
  }

  @Field(() => String, { description: 'A sheet of its first examples, a column for each class, as PNG.' })
  preview(@Ctx('scope') scope: RequestScope): string {
    const { name, sha256 } = this.#record;
    return `${scope.origin}/datasets/${name}/${sha256.slice(0, 16)}.png`;
  }

  @Field(() => [RejectedFile], {
    description: 'Files that are left out, because they cannot be read or are no part of the data; a hundred at most.',
  })
  rejected(@Args(() => FirstArgs) { first }: FirstArgs): readonly RejectedFile[] {
    return this.#record.rejected.slice(0, checkInteger('first', first));
  }

  @Field(() => Int)
  get rejectedCount(): number {
    return this.#record.rejectedCount;
  }

  @Field(() => Float, { description: 'Of its files; 0 of built-in data.' })
  get bytes(): number {
    return this.#record.bytes;
  }

  @Field(() => Date)
  get created(): Date {
    return new Date(this.#record.created);
  }

  @Field(() => String, { description: 'Who created it.' })
  get by(): string {
    return this.#record.by;
  }

  @Field(() => [Job], { description: 'Jobs that were asked for on it, newest first; the filter of `jobs` finds all.' })
  async jobs(@Ctx('scope') scope: RequestScope, @Args(() => FirstArgs) { first }: FirstArgs): Promise<Job[]> {
    const { store } = await scope.desk().open();
    const jobs = await store.jobs({ dataset: this.name }, checkInteger('first', first));
    return jobs.map((job) => new Job(job));
  }
}
