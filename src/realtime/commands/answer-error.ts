// Turns an error that a use case threw into the error that a client gets in a frame.

import type { Logger } from '../../lib/logger.ts';
import { ChatError, ERRORS, type ErrorCode } from '../../protocol/errors.ts';
import type { AnswerError } from '../connections/transport.ts';

/** Codes of REST that have another name in frames. */
const IN_FRAMES: Partial<Record<ErrorCode, ErrorCode>> = { UNAUTHORIZED: 'AUTHENTICATION_FAILED' };

export function answerError(error: unknown, logger: Logger): AnswerError {
  if (!(error instanceof ChatError)) {
    logger.error({ err: error }, 'A client frame failed');
    return { code: 'INTERNAL', message: ERRORS.INTERNAL.text };
  }
  if (error.cause !== undefined) logger.warn({ code: error.code, err: error.cause }, 'A client frame failed');
  const code = IN_FRAMES[error.code] ?? error.code;
  return {
    code,
    message: code === error.code ? error.message : ERRORS[code].text,
    ...(error.details && { details: error.details }),
    ...(error.retryAfterMs !== undefined && { retry_after_ms: Math.ceil(error.retryAfterMs) }),
  };
}
