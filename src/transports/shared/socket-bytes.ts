// Frames as a socket takes them without a copy of its own.
import { encodeTextFrames } from './ws-frame.ts';

/** Of any other array of bytes a socket makes a Buffer at each write: one for every connection that gets the frames. */
export function encodeForSocket(texts: readonly string[]): Buffer {
  const bytes = encodeTextFrames(texts);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
