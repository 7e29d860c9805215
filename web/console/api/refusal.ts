// What went wrong, as a page shows it.

/** The server's own words. `code` is one of ERRORS.md, and by `requestId` its log knows more. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly requestId: string | null,
    readonly details: unknown = undefined,
  ) {
    super(message);
  }
}

/** No word of the server at all. */
export class NoAnswer extends Error {
  constructor(cause: unknown) {
    super('No answer from the server. This is asked again when it is back.', { cause });
  }
}

interface Told {
  readonly message: string;
  readonly extensions?: { readonly code?: string; readonly details?: unknown };
}

/** Of a body as GraphQL and all addresses of the server write it: `{ errors: [{ message, extensions }] }`. */
export function refusalIn(
  body: unknown,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
): Refusal | undefined {
  const [first] = (body as { errors?: readonly Told[] } | null)?.errors ?? [];
  const requestId = headers.get('x-request-id');
  if (first)
    return new Refusal(first.message, first.extensions?.code ?? `${status}`, requestId, first.extensions?.details);
  return status < 400 ? undefined : new Refusal(`The server answered ${status}.`, `${status}`, requestId);
}
