// A write to a connection's socket as one system call. The stream before the socket keeps books of each write, which for a
// frame that the kernel takes at once, as it nearly always does, costs half as much as the call itself.
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';

/** What is used of a socket that its type keeps to itself. */
interface SocketParts {
  /** Null once the socket is destroyed. */
  readonly _handle?: { readonly fd?: number } | null;
  /** Of TLS alone: its bytes are not those of the connection. */
  readonly encrypted?: boolean;
}

/** Joining frames up to this size costs less than handing them over one by one. */
const JOIN_MAX_BYTES = 32_768;
/** Of a socket that only its stream can write to. */
const NO_NUMBER = -1;
/** Deno and Bun have their own sockets under the same names. */
const { bun, deno } = process.versions;
const HAS_NUMBERS = bun === undefined && deno === undefined;

/** The number under which the kernel knows the socket. To be kept: asking for it costs as much as half a write. */
export function numberOf(socket: Socket): number {
  const { _handle: handle, encrypted } = socket as SocketParts;
  return HAS_NUMBERS && !encrypted ? (handle?.fd ?? NO_NUMBER) : NO_NUMBER;
}

/**
 * Writes what the items of a batch are in bytes, in order and together. `number` is the socket's.
 */
export function writeTogether<Item>(
  socket: Socket,
  number: number,
  batch: readonly Item[],
  bytesOf: (item: Item) => Uint8Array,
): void {
  if (batch.length === 1) {
    writeToSocket(socket, number, bytesOf(batch[0] as Item));
    return;
  }
  const parts = batch.map(bytesOf);
  let size = 0;
  for (const part of parts) size += part.length;
  if (size <= JOIN_MAX_BYTES) {
    writeToSocket(socket, number, Buffer.concat(parts, size));
    return;
  }
  socket.cork();
  for (const part of parts) socket.write(part);
  socket.uncork();
}

/**
 * As `socket.write(bytes)`: behind everything that was written before. `number` is the socket's. What the kernel does
 * not take at once, waits in the stream, which also hears of every failure.
 */
export function writeToSocket(socket: Socket, number: number, bytes: Uint8Array): void {
  const taken = socket.writableLength === 0 ? takenAtOnce(socket, number, bytes) : 0;
  if (taken === 0) socket.write(bytes);
  else if (taken < bytes.length) socket.write(bytes.subarray(taken));
}

function takenAtOnce(socket: Socket, number: number, bytes: Uint8Array): number {
  // Without its handle the socket is closed, and the number may be another connection's by now.
  if (number < 0 || !(socket as SocketParts)._handle) return 0;
  try {
    return writeSync(number, bytes);
  } catch {
    // The peer's window is full, or it is gone: the stream finds out which.
    return 0;
  }
}
