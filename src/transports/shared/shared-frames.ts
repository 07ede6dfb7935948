// WebSocket frames that are encoded once for all connections. They go past the library, which would frame each message
// for each connection: 2.9 million deliveries a second of processor time instead of 1.3 (bench/results). This is safe,
// because without compression the library writes its own frames (pong, close) at once and whole. With
// `WS_SHARED_FRAMES=false` the library makes all frames: see the `write` of both transports.
import type { Socket } from 'node:net';

const FIN_TEXT = 0x81;
const LONGEST_HEADER = 10;
/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
const POOL_SIZE = 16_384;
const POOLED_MAX = POOL_SIZE / 4;

/** Joining frames up to this size costs less than handing them over one by one. */
const JOIN_MAX_BYTES = 32_768;

const encoder = new TextEncoder();

// Small results share a block of memory, like Node's Buffer, because an allocation costs four times the encoding.
let pool = new Uint8Array(0);
let used = 0;

/**
 * One unmasked, unfragmented text frame (RFC 6455) for each text, one after the other. Do not write to the result,
 * because it may share memory with others.
 */
export function encodeTextFrames(texts: readonly string[]): Uint8Array {
  let bound = 0;
  for (const text of texts) bound += text.length * BYTES_PER_UNIT + LONGEST_HEADER;
  if (bound > POOLED_MAX) {
    const bytes = new Uint8Array(bound);
    return bytes.slice(0, writeFrames(bytes, 0, texts));
  }
  if (used + bound > pool.length) {
    pool = new Uint8Array(POOL_SIZE);
    used = 0;
  }
  const start = used;
  used = writeFrames(pool, start, texts);
  return pool.subarray(start, used);
}

/** Writes the frames from `at` on and returns the index after the last. */
function writeFrames(bytes: Uint8Array, at: number, texts: readonly string[]): number {
  let end = at;
  for (const text of texts) {
    const source = end + LONGEST_HEADER;
    const length = encoder.encodeInto(text, bytes.subarray(source)).written;
    const target = writeHeader(bytes, end, length);
    bytes.copyWithin(target, source, source + length);
    end = target + length;
  }
  return end;
}

/** Writes the header of a text frame and returns the index of its payload. */
function writeHeader(bytes: Uint8Array, at: number, length: number): number {
  bytes[at] = FIN_TEXT;
  if (length < 126) {
    bytes[at + 1] = length;
    return at + 2;
  }
  if (length < 65_536) {
    bytes[at + 1] = 126;
    bytes[at + 2] = length >>> 8;
    bytes[at + 3] = length;
    return at + 4;
  }
  bytes[at + 1] = 127;
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(at + 2, BigInt(length));
  return at + LONGEST_HEADER;
}

/** The same as a Buffer, because a socket would convert any other array at each write, for every connection. */
export function encodeForSocket(texts: readonly string[]): Buffer {
  const bytes = encodeTextFrames(texts);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Writes encoded frames at once and in order, after everything that was written before. */
export function writeTogether(socket: Socket, frames: readonly Uint8Array[]): void {
  let size = 0;
  for (const part of frames) size += part.length;
  if (frames.length === 1) {
    socket.write(frames[0] as Uint8Array);
  } else if (size <= JOIN_MAX_BYTES) {
    socket.write(Buffer.concat(frames, size));
  } else {
    socket.cork();
    for (const part of frames) socket.write(part);
    socket.uncork();
  }
}
