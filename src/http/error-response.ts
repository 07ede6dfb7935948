// The one place that turns anything thrown into the failure body, and the only one that logs it.
import { ChatError, ERRORS, type ErrorCode, type ErrorDetail } from '../protocol/errors.ts';
import type { AppDependencies } from './dependencies.ts';
import type { HttpContext } from './environment.ts';
import { respondJson, setHeader, setLimitHeaders } from './respond.ts';

/** What a client gets for a request that failed, whatever the reason. */
export interface FailureBody {
  readonly success: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: ErrorDetail[];
  readonly requestId: string;
}

export function failureBody({ code, message, details }: ChatError, requestId: string): FailureBody {
  return { success: false, code, message, ...(details && { details }), requestId };
}

export type RespondError = (error: unknown, c: HttpContext) => Response;

export type ErrorDependencies = Pick<AppDependencies, 'logger' | 'toChatError' | 'withoutValues'>;

export function createRespondError({ logger, toChatError, withoutValues }: ErrorDependencies): RespondError {
  function log({ code, status }: { code: ErrorCode; status: number }, error: unknown, requestId: string): void {
    const err = withoutValues(rootOf(error));
    if (status < 500) logger.info({ requestId, code }, 'request refused');
    // What is away or refuses fails every request: it has a line of its own, once.
    else if (code === 'UNAVAILABLE') logger.info({ requestId, code, reason: String(err) }, 'request refused');
    else logger.error({ requestId, code, err }, 'request failed');
  }

  return (error, c) => {
    const failure = toChatError(error) ?? new ChatError('INTERNAL');
    const { code, retryAfterMs, rateLimit } = failure;
    const { status } = ERRORS[code];
    const requestId = c.get('requestId');
    log({ code, status }, error, requestId);
    if (code === 'UNAUTHORIZED') setHeader(c, 'WWW-Authenticate', 'Bearer');
    if (retryAfterMs !== undefined) setHeader(c, 'Retry-After', String(Math.ceil(retryAfterMs / 1000)));
    if (rateLimit) setLimitHeaders(c, { ...rateLimit, remaining: 0 });
    return respondJson(c, status, failureBody(failure, requestId));
  };
}

/** What was behind a failure that a use case has explained already. */
function rootOf(error: unknown): unknown {
  return error instanceof ChatError ? (error.cause ?? error) : error;
}
