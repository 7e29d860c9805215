// Every refusal Ganymede makes: one class, one stable code each, and a message that says what was expected,
// what came, and what to do. It knows nothing of HTTP or GraphQL; the server turns `code` into `extensions.code`.
// ERRORS.md documents each code; test/errors.test.ts keeps the two in step.

import { distance } from 'fastest-levenshtein';

/** Stable code → what it means, in a sentence. Codes are part of the public API: never rename one. */
export const ERROR_CODES = {
  BAD_USER_INPUT:
    'An argument is outside its documented range or of the wrong form, or a request asks for more than one may.',
  MODEL_NOT_FOUND: 'No model of that name is served.',
  VERSION_NOT_FOUND: 'The model exists, but not in that version.',
  NOT_FOUND: 'No such address on this server.',
  CAPABILITY_MISSING: 'The model lacks the graph that this needs.',
  INVALID_LATENT: 'A latent vector has the wrong length or a value that is not finite.',
  INVALID_IMAGE: 'The bytes are not an image that can be read: damaged, truncated or not an image at all.',
  UNSUPPORTED_IMAGE: 'A readable image of a kind that is refused: SVG, animated, or an unusual colour space.',
  IMAGE_TOO_LARGE: 'The image has more pixels than the limit.',
  UPLOAD_NOT_FOUND:
    'No image was uploaded under that id, or it was more than an hour ago, or later uploads took its place; or no file of data, or it was more than a day ago.',
  UPLOAD_CONFLICT:
    'Bytes of a file came for another place than where the file stands, or another request is writing it.',
  UPLOAD_INCOMPLETE: 'A file is to become a data set, and not all of it has come.',
  UPLOADS_UNAVAILABLE: 'The server has no folder in which it can keep uploads.',
  PERSISTED_QUERY_NOT_FOUND: 'The request names a document by an id that this server does not know.',
  PERSISTED_QUERIES_ONLY: 'The request sends a document, and this server runs none but those that it has.',
  PAYLOAD_TOO_LARGE: 'The request body is larger than the limit; with 431, its head is.',
  QUEUE_FULL:
    'Too many requests are waiting for this model, too many images to be decoded or encoded, or bodies and unread answers fill what the server keeps (`MAX_HELD_MIB`).',
  DEADLINE_EXCEEDED:
    'The request waited longer than its deadline; with 408, it took longer to arrive than `REQUEST_SECONDS`.',
  CANCELLED: 'The client left before the work was done.',
  ENGINE_FAILED:
    'A worker crashed, a graph failed while it ran, or the server that runs the graphs (`ENGINE`) gave no answer that can be used.',
  DEVICE_UNAVAILABLE: 'The device asked for cannot be used on this machine.',
  CHECKPOINT_INVALID:
    'A checkpoint is missing a file, has a changed byte, or its manifest or a graph is not what may be served.',
  MODEL_MISMATCH: 'A new version would have another shape, latent, prior or classes than the model that it is to join.',
  GRAPH_REFUSED: 'A graph from elsewhere cannot be imported as it is.',
  IMPORT_UNDECIDED: 'A graph from elsewhere does not tell what an import has to know.',
  EXPORT_REFUSED: 'A graph cannot be said in the form that an export asks for.',
  INDEX_MISMATCH: 'An index of neighbours was made for another version, or for other weights.',
  DATASET_INVALID: 'The dataset cannot be read: wrong magic number, truncated, or of mixed sizes.',
  DATASET_NOT_FOUND: 'No data set of that name is kept.',
  DATASET_EXISTS: 'A data set of that name is kept already.',
  DATASET_IN_USE: 'A job that is not over needs the data set.',
  CONFIG_INVALID: 'A setting or a recipe is not valid.',
  RUN_IN_USE: 'Another process works in this run directory.',
  TRACE_UNSUPPORTED: 'The traced function does something that a graph cannot hold.',
  NOT_FINITE: 'A value became infinite or not a number, in training or in what a graph gave.',
  UNAUTHENTICATED: 'No key or token came with the request, or none that is in force.',
  FORBIDDEN: 'Who asks may not do this.',
  RATE_LIMITED: 'Who asks has asked for more than one may in a minute.',
  KEYS_INVALID: 'The file of keys cannot be read, or is not as `npx ganymede keys` writes it.',
  JWKS_UNAVAILABLE: 'The public keys with which tokens are checked cannot be had.',
  JOB_NOT_FOUND: 'No job of that id.',
  JOB_STATE: 'The job is not in a state in which this can be done.',
  JOB_CRASHED: 'The process of a job ended without a word, each time that it was tried.',
  JOB_MEMORY: 'A job took more memory than one may, and was ended.',
  JOB_TIMEOUT: 'A job took longer than one may, and was ended.',
  JOB_DISK: 'A job took more room on the disk than one may, and was ended.',
  VERSION_ACTIVE: 'The version answers, and cannot be removed.',
  IDEMPOTENCY_KEY_REUSED: 'The idempotency key came before with another request.',
  FILE_UNUSABLE: 'A file or folder cannot be read, made or written: rights, a link to nothing, something in its place.',
  INSUFFICIENT_STORAGE: 'The disk is full, or nearly so. Nothing was half done.',
  STORE_INVALID: 'The database of jobs is damaged, or a newer version wrote it.',
  STORE_UNAVAILABLE: 'Redis, which keeps the jobs, does not answer.',
  ERRORS_OMITTED: 'More fields failed than a reply lists.',
  SERVER_UNREACHABLE: 'No server answers at the address that a command was given, or not one of Ganymede.',
  SHUTTING_DOWN: 'The server is stopping and takes no new work.',
  INTERNAL_SERVER_ERROR: 'A fault of the server. The request id leads to the log line.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Base of every deliberate refusal. `details` holds plain JSON that a program can act on. */
export class GanymedeError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GanymedeError';
    this.code = code;
    this.details = options.details ?? {};
  }
}

/**
 * "Expected truncation in [0, 1] but received 1.7." — one wording for every refusal of an argument.
 * `received` is shortened: a message never carries a whole image or latent.
 */
export function expected(
  what: string,
  received: unknown,
  code: ErrorCode = 'BAD_USER_INPUT',
  next = '',
): GanymedeError {
  return new GanymedeError(code, `Expected ${what} but received ${show(received)}.${next ? ` ${next}` : ''}`);
}

/** The message of anything thrown: JavaScript lets code throw what is not an Error. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function show(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const short = text.length > 80 ? `${text.slice(0, 77)}…` : text;
  return typeof value === 'string' ? `"${short}"` : short;
}

/** Of the names that there are, those that someone may have meant by one that there is not; the nearest first. */
export function nearest(name: string, names: readonly string[]): string[] {
  const given = name.toLowerCase();
  const near = (other: string) =>
    other.includes(given) || given.includes(other) || distance(given, other) <= Math.max(1, given.length / 3);
  return names.filter(near).sort((a, b) => distance(given, a) - distance(given, b));
}
