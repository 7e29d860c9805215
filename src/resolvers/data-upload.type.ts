// The type DataUpload: a file of data on its way to the server, or that came and waits.

import { Field, Float, ID, ObjectType } from 'type-graphql';
import { filenameOf, type SentFile } from '../catalog/sent-files.js';

@ObjectType({ description: 'A file of data that was sent to /uploads, or a part of it.' })
export class DataUpload {
  readonly #file: SentFile;

  constructor(file: SentFile) {
    this.#file = file;
  }

  @Field(() => ID, { description: 'The last part of its address; `createDataset` takes it.' })
  get id(): string {
    return this.#file.id;
  }

  @Field(() => String, { description: 'As its sender calls it.' })
  get filename(): string {
    return filenameOf(this.#file);
  }

  @Field(() => String, { nullable: true, description: 'By which its sender knows it again, if it said one.' })
  get fingerprint(): string | null {
    return this.#file.metadata['fingerprint'] ?? null;
  }

  @Field(() => Float, { description: 'Bytes that are here.' })
  get offset(): number {
    return this.#file.offset;
  }

  @Field(() => Float, { description: 'Bytes in all.' })
  get length(): number {
    return this.#file.length;
  }

  @Field(() => Date)
  get created(): Date {
    return new Date(this.#file.created);
  }

  @Field(() => Date, { description: 'When it is removed, unless it became a data set.' })
  get expires(): Date {
    return new Date(this.#file.expires);
  }
}
