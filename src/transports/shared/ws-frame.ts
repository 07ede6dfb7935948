// Texts as WebSocket frames: the bytes that one socket write sends to any number of peers, encoded once.

const FIN_TEXT = 0x81;
const LONGEST_HEADER = 10;
/** A UTF-16 unit takes at most 3 bytes of UTF-8. */
const BYTES_PER_UNIT = 3;
const POOL_SIZE = 16_384;
const POOLED_MAX = POOL_SIZE / 4;

const encoder = new TextEncoder();

// Small results are cut from a shared block, as Node's Buffer does: an allocation for each costs four times the encoding.
let pool = new Uint8Array(0);
let used = 0;

/**
 * One unmasked, unfragmented text frame (RFC 6455) for each text, one after the other. The result must not be written to:
 * it may share memory with others.
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

/** Writes the frames from `at` on and gives the place after the last. */
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

/** Writes the header of a text frame and gives the place of its payload. */
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
