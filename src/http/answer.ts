// The shapes of successful answers, and their schemas for the published document.
import * as z from 'zod';
import type { SignedIn } from '../chat/accounts/accounts.ts';
import type { PageJson } from '../chat/messages/pages.ts';
import { paginationSchema, sessionSchema } from '../protocol/resources.ts';

/** The result of a call, before it becomes a response. */
export interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Media type of the body; JSON by default. */
  readonly type?: string;
  /** In addition to the headers of every answer. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers with a resource. */
export function answer(data: unknown, status: 200 | 201 = 200): Answer {
  return { status, body: JSON.stringify({ success: true, data }) };
}

/** Answers with a session. Clients of the former service read its parts beside `data`, so both places have them. */
export function answerSession({ user, token }: SignedIn, status: 200 | 201 = 200): Answer {
  return { status, body: JSON.stringify({ success: true, data: { user, token }, user, token }) };
}

/** Answers with one page of messages. */
export function answerPage(page: PageJson): Answer {
  return { status: 200, body: `{"success":true,${page.slice(1)}` };
}

/** Answers an action that returns nothing except that it was done. */
export function answerDone(message: string): Answer {
  return { status: 200, body: JSON.stringify({ success: true, data: null, message }) };
}

const success = z.literal(true);

export const answerOf = (data: z.ZodType) => z.object({ success, data });
export const pageOf = (item: z.ZodType) => z.object({ success, data: z.array(item), pagination: paginationSchema });
/** The answer to registering and signing in. */
export const sessionAnswer = answerOf(sessionSchema).extend(sessionSchema.shape).meta({ id: 'SessionAnswer' });
export const doneSchema = z.object({ success, data: z.null(), message: z.string() }).meta({ id: 'Done' });
