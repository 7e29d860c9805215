// The bytes of a data URI in base64, as answers have them.

export function bytesOfUri(uri: string): Uint8Array {
  return Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
}
