// GraphQL Code Generator: `npm run schema` makes gql/ of the schema and of what the pages ask by graphql(`…`). What it
// writes is committed.

import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema.graphql',
  documents: ['web/console/**/*.{ts,tsx}', '!web/console/gql/**'],
  generates: {
    'web/console/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: 'string', // a document is its text: no parser of GraphQL in the page
        useTypeImports: true,
        enumsAsTypes: true,
        strictScalars: true, // one that is not listed here fails, instead of being `any`
        scalars: {
          DateTimeISO: 'string',
          ImageSource: { input: 'string | Blob', output: 'string' }, // a Blob goes as a file: api/bodies.ts
          JSON: '../api/json#Json',
          JSONObject: '../api/json#JsonObject',
          Latent: { input: 'number[] | string', output: 'number[]' },
          Seed: 'number',
        },
      },
    },
  },
};

export default config;
