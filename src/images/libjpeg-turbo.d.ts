// What we use of libjpeg-turbo compiled to WebAssembly, which comes without types.

declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  export interface Decoder {
    /** Room for a file of that size; written to before `decode`. */
    getEncodedBuffer(length: number): Uint8Array;
    /** Throws a number where the library warns or fails, and then loses what it had allocated. */
    decode(): void;
    /** Grey, or RGB interleaved; a view that the next image overwrites. */
    getDecodedBuffer(): Uint8Array;
    getFrameInfo(): { readonly width: number; readonly height: number; readonly componentCount: number };
  }

  export default function createCodec(): Promise<{ readonly JPEGDecoder: new () => Decoder }>;
}
