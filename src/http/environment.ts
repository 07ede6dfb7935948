// The variables on the Hono context of every request.
import type { Context } from 'hono';
import type { AnswerHeaders } from './answer-headers.ts';

export interface HttpEnvironment {
  Variables: {
    /** The id in `X-Request-Id`, in every failure body and in the log. */
    requestId: string;
    /** The headers of the answer: see respond.ts. */
    headers: AnswerHeaders;
  };
}

export type HttpContext = Context<HttpEnvironment>;
