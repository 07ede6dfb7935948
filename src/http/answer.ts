// The shapes of success, as values and as schemas of the published document.
import * as z from 'zod';
import type { SignedIn } from '../chat/accounts/accounts.ts';
import type { PageJson } from '../chat/messages/pages.ts';
import { paginationSchema, sessionSchema } from '../protocol/resources.ts';
import type { HttpContext } from './environment.ts';
import { respondJson, respondJsonText } from './respond.ts';

/** Answers with a resource. */
export function answer(c: HttpContext, data: unknown, status: 200 | 201 = 200): Response {
  return respondJson(c, status, { success: true, data });
}

/** Answers with a session; beside `data`, clients of the former service read its parts at the top. */
export function answerSession(c: HttpContext, session: SignedIn, status: 200 | 201 = 200): Response {
  const { user, token } = session;
  return respondJson(c, status, { success: true, data: { user, token }, user, token });
}

/** Answers with one page of messages. */
export function answerPage(c: HttpContext, page: PageJson): Response {
  return respondJsonText(c, 200, `{"success":true,${page.slice(1)}`);
}

/** Answers an action that gives nothing back but that it was done. */
export function answerDone(c: HttpContext, message: string): Response {
  return respondJson(c, 200, { success: true, data: null, message });
}

const success = z.literal(true);

export const answerOf = (data: z.ZodType) => z.object({ success, data });
export const pageOf = (item: z.ZodType) => z.object({ success, data: z.array(item), pagination: paginationSchema });
/** Of registering and signing in. */
export const sessionAnswer = answerOf(sessionSchema).extend(sessionSchema.shape).meta({ id: 'SessionAnswer' });
export const doneSchema = z.object({ success, data: z.null(), message: z.string() }).meta({ id: 'Done' });
