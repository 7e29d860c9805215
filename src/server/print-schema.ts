// Prints schema.graphql: the schema that the server runs, in SDL. Run by `npm run schema`; a test compares the two.

import { lexicographicSortSchema, printSchema } from 'graphql';
import { createSchema } from '../resolvers/schema.js';

process.stdout.write(`${printSchema(lexicographicSortSchema(createSchema()))}\n`);
