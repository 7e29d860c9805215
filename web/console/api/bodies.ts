// The body of a question. Pictures among its variables, which are files and no text, go as parts of their own beside
// it: https://github.com/jaydenseric/graphql-multipart-request-spec

export interface Question {
  readonly body: string | FormData;
  readonly headers: Readonly<Record<string, string>>;
}

export function questionOf(query: string, variables: unknown): Question {
  const files: { readonly path: string; readonly file: Blob }[] = [];
  const operations = JSON.stringify({ query, variables: withoutFiles(variables, 'variables', files) });
  if (files.length === 0) return { body: operations, headers: { 'content-type': 'application/json' } };
  const form = new FormData();
  form.append('operations', operations);
  form.append('map', JSON.stringify(Object.fromEntries(files.map(({ path }, i) => [i, [path]]))));
  for (const [i, { file }] of files.entries()) form.append(`${i}`, file, `${i}`);
  return { body: form, headers: { 'apollo-require-preflight': 'true' } }; // fetch writes the content type
}

/** With null in the place of each file. */
function withoutFiles(value: unknown, path: string, files: { path: string; file: Blob }[]): unknown {
  if (value instanceof Blob) {
    files.push({ path, file: value });
    return null;
  }
  if (Array.isArray(value)) return value.map((one, i) => withoutFiles(one, `${path}.${i}`, files));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, withoutFiles(one, `${path}.${name}`, files)]),
  );
}
