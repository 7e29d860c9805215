// The bytes of a data URI. The policy of the page lets none be fetched.

export function blobOf(uri: string): Blob {
  const [head = '', body = ''] = uri.split(',');
  const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: /^data:([^;]+)/.exec(head)?.[1] ?? '' });
}
