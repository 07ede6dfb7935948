// Answers requests that no framework sees: refused upgrades, and bytes that are not HTTP. They look like all failures.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { toChatError, withoutValues } from '../../database/errors.ts';
import { answerHeaders } from '../../http/answer-headers.ts';
import { createFail, type Failure } from '../../http/failure.ts';
import type { Logger } from '../../lib/logger.ts';
import { ChatError } from '../../protocol/errors.ts';

/** Makes the answer for any error, with all of its headers, and logs it with the id in the answer. */
export type Refuse = (error: unknown) => Failure;

export function createRefuse(logger: Logger): Refuse {
  const fail = createFail({ logger, toChatError, withoutValues });
  return (error) => {
    const requestId = randomUUID();
    const { status, headers, body } = fail(error, requestId);
    const ofBody = { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
    return { status, headers: { ...answerHeaders(requestId), ...headers, ...ofBody }, body };
  };
}

/** The error for bytes that cannot be read as a request. */
export function badRequest(message: string): ChatError {
  return new ChatError('VALIDATION_FAILED', message, { details: [{ path: '', message }] });
}

/** Writes the answer to a bare socket and closes it. */
export function refuseSocket(socket: Duplex, { status, headers, body }: Failure): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, Connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  // The peer may be gone already.
  socket.on('error', () => {});
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`, () => socket.destroy());
  // Unread bytes would turn the close into a reset, which can overtake the answer.
  socket.resume();
}
