// The shapes of success, as values and as schemas of the published document.
import * as z from 'zod';
import type { MessagePage } from '../chat/message-pages.ts';
import { toMessage } from '../chat/message-resource.ts';
import { paginationSchema } from '../protocol/resources.ts';
import type { HttpContext } from './environment.ts';
import { respondJson, respondJsonText } from './respond.ts';

/** Answers with a resource. */
export function answer(c: HttpContext, data: unknown, status: 200 | 201 = 200): Response {
  return respondJson(c, status, { success: true, data });
}

/** Makes what answers with one page of messages. A page that several get at the same moment is encoded once. */
export function createAnswerPage(): (c: HttpContext, page: MessagePage) => Response {
  const encoded = new WeakMap<MessagePage, string>();

  function encode(page: MessagePage): string {
    const { data, pagination } = page;
    const text = JSON.stringify({ success: true, data: data.map(toMessage), pagination });
    encoded.set(page, text);
    return text;
  }

  return (c, page) => respondJsonText(c, 200, encoded.get(page) ?? encode(page));
}

/** Answers an action that gives nothing back but that it was done. */
export function answerDone(c: HttpContext, message: string): Response {
  return respondJson(c, 200, { success: true, data: null, message });
}

const success = z.literal(true);

export const answerOf = (data: z.ZodType) => z.object({ success, data });
export const pageOf = (item: z.ZodType) => z.object({ success, data: z.array(item), pagination: paginationSchema });
export const doneSchema = z.object({ success, data: z.null(), message: z.string() }).meta({ ref: 'Done' });
