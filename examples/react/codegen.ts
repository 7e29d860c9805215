// GraphQL Code Generator: `npm run codegen` makes src/gql/ of the schema and of what the
// components ask by graphql(`…`). What it writes is committed, so that the example can be read and built without it.

import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  // A running server says its schema as well: SCHEMA=http://localhost:4000/graphql npm run codegen
  schema: process.env['SCHEMA'] ?? '../../schema.graphql',
  documents: 'src/*.tsx',
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: {
        fragmentMasking: false,
        // src/gql/persisted-documents.json, for a server that answers these operations and no others
        persistedDocuments: { hashAlgorithm: 'sha256' },
      },
      config: {
        documentMode: 'string', // a document is its text: no parser of GraphQL in the page
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true, // one that is not listed here fails, instead of being `any`
        scalars: {
          DateTimeISO: 'string',
          ImageSource: 'string',
          JSON: '../json#Json',
          JSONObject: '../json#JsonObject',
          Latent: { input: 'number[] | string', output: 'number[]' },
          Seed: 'number',
        },
      },
    },
  },
};

export default config;
