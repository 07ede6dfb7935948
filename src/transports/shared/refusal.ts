// Answers where no framework sees the request: refused upgrades and bytes that are no HTTP. The failure shape of the API.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { toChatError, withoutValues } from '../../database/errors.ts';
import { failureBody } from '../../http/error-response.ts';
import type { Logger } from '../../lib/logger.ts';
import { ChatError, ERRORS } from '../../protocol/errors.ts';

/** An answer of the API's failure shape, ready to be sent. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes the answer for anything thrown, and logs it under the id that it carries. */
export type Refuse = (error: unknown) => Refusal;

export function createRefuse(logger: Logger): Refuse {
  return (error) => {
    const requestId = randomUUID();
    const failure = toChatError(error) ?? new ChatError('INTERNAL');
    const { status } = ERRORS[failure.code];
    const { code } = failure;
    if (status < 500) logger.info({ requestId, code }, 'request refused');
    // What is away or refuses fails every request: it has a line of its own, once.
    else if (code === 'UNAVAILABLE')
      logger.info({ requestId, code, reason: String(failure.cause ?? failure) }, 'request refused');
    else logger.error({ requestId, code, err: withoutValues(error) }, 'request failed');
    const body = JSON.stringify(failureBody(failure, requestId));
    const headers = {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...limitHeaders(failure),
    };
    return { status, headers, body };
  };
}

/** What a request is refused with that cannot be read as one. */
export function badRequest(message: string): ChatError {
  return new ChatError('VALIDATION_FAILED', message, { details: [{ path: '', message }] });
}

function limitHeaders({ retryAfterMs, rateLimit }: ChatError): Record<string, string> {
  return {
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }),
    ...(rateLimit && {
      'x-ratelimit-limit': String(rateLimit.limit),
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(rateLimit.resetAt / 1000)),
    }),
  };
}

/** Writes the answer to a bare socket and closes it. */
export function refuseSocket(socket: Duplex, { status, headers, body }: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const lines = Object.entries({ ...headers, connection: 'close' });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.on('error', ignore);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n${body}`, () => socket.destroy());
  // Unread bytes would turn the close into a reset, which can overtake the answer.
  socket.resume();
}

/** A peer that is gone already. */
function ignore(): void {}
