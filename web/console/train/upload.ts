// Sending a file of data, by tus 1.0.0: in pieces, so that what breaks off goes on where it was, even after the page
// was closed.

import { authorization } from '../api/key';
import { Refusal, refusalIn } from '../api/refusal';

export interface Sending {
  readonly file: File;
  readonly onProgress: (sent: number) => void;
  readonly signal: AbortSignal;
}

const PIECE_BYTES = 8 * 2 ** 20;
const RETRY_MS = [0, 1000, 3000, 5000, 10_000, 20_000];

/** The id by which `createDataset` takes it. @throws Refusal */
export async function upload({ file, onProgress, signal }: Sending): Promise<string> {
  const { Upload } = await import('tus-js-client');
  const address = await new Promise<string>((resolve, reject) => {
    const sending = new Upload(file, {
      endpoint: new URL('uploads', document.baseURI).href,
      headers: { ...authorization() },
      metadata: { filename: file.name },
      chunkSize: PIECE_BYTES,
      retryDelays: RETRY_MS,
      removeFingerprintOnSuccess: true,
      onProgress: (sent) => onProgress(sent),
      onSuccess: () => resolve(sending.url!),
      onError: (error) => reject(refusalOf(error)),
    });
    signal.addEventListener('abort', () => void sending.abort(true).finally(() => reject(signal.reason)));
    void sending.findPreviousUploads().then(([before]) => {
      if (before) sending.resumeFromPreviousUpload(before);
      sending.start();
    }, reject);
  });
  return address.split('/').at(-1)!;
}

interface WithReply {
  readonly originalResponse?: {
    getStatus(): number;
    getHeader(name: string): string | undefined;
    getBody(): string;
  } | null;
}

/** The server's own words, where it said any. */
function refusalOf(error: Error): Error {
  const reply = (error as WithReply).originalResponse;
  if (!reply) return error;
  try {
    const requestId = reply.getHeader('x-request-id');
    const headers = new Headers(requestId === undefined ? {} : { 'x-request-id': requestId });
    return refusalIn(JSON.parse(reply.getBody()), { status: reply.getStatus(), headers }) ?? error;
  } catch {
    return new Refusal(error.message, `${reply.getStatus()}`, null);
  }
}
