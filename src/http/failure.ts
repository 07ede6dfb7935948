// Makes what a client gets for any failed request: status, headers and body. Failures are made and logged only here.
// This file uses no framework, because some requests fail before the framework sees them.
import type { Logger } from '../lib/logger.ts';
import { ChatError, ERRORS, type ErrorCode } from '../protocol/errors.ts';
import { addLimitHeaders } from './limit-headers.ts';

export interface Failure {
  readonly status: number;
  /** In addition to the headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON: see error-schema.ts. */
  readonly body: string;
}

/** Makes the failure for anything thrown, and logs it. */
export type Fail = (error: unknown, requestId: string) => Failure;

export interface FailDependencies {
  readonly logger: Logger;
  /** Returns what a client is told of an error, of the database too, or undefined if it is our mistake. */
  readonly toChatError: (error: unknown) => ChatError | undefined;
  /** Returns the error without what users typed, fit for the log. */
  readonly withoutValues: (error: unknown) => unknown;
}

/** The headers that HTTP asks for with some codes. */
const HEADERS: Readonly<Partial<Record<ErrorCode, Readonly<Record<string, string>>>>> = {
  UNAUTHORIZED: { 'WWW-Authenticate': 'Bearer' },
  UPGRADE_REQUIRED: { Connection: 'Upgrade', Upgrade: 'websocket' },
};

export function createFail({ logger, toChatError, withoutValues }: FailDependencies): Fail {
  function log(code: ErrorCode, error: unknown, requestId: string): void {
    const err = withoutValues(rootOf(error));
    if (ERRORS[code].status < 500) logger.info({ requestId, code }, 'request refused');
    // An unavailable dependency fails every request, so it has a line of its own in the log, once.
    else if (code === 'UNAVAILABLE') logger.info({ requestId, code, reason: String(err) }, 'request refused');
    else logger.error({ requestId, code, err }, 'request failed');
  }

  return (error, requestId) => {
    const failure = toChatError(error) ?? new ChatError('INTERNAL');
    const { code, message, details } = failure;
    log(code, error, requestId);
    const body = { success: false, code, message, ...(details && { details }), requestId };
    return { status: ERRORS[code].status, headers: headersOf(failure), body: JSON.stringify(body) };
  };
}

function headersOf({ code, retryAfterMs, rateLimit }: ChatError): Record<string, string> {
  const headers = { ...HEADERS[code] };
  if (retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(retryAfterMs / 1000));
  if (rateLimit) addLimitHeaders(headers, { ...rateLimit, remaining: 0 });
  return headers;
}

/** Returns the cause of a failure that a use case has already explained. */
function rootOf(error: unknown): unknown {
  return error instanceof ChatError ? (error.cause ?? error) : error;
}
