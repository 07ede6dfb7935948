// What came with a request, as far as its route asks for it: what `run` gets has passed its schema.
import { zValidator } from '@hono/zod-validator';
import type { MiddlewareHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { z } from 'zod';
import { decode } from '../protocol/decode.ts';
import { ChatError } from '../protocol/errors.ts';
import type { CallTime } from './call-in-time.ts';
import type { HttpContext } from './environment.ts';
import { parseJson, readJsonText } from './read-json.ts';
import type { Input, Route } from './route.ts';

/** Reads and validates. Throws VALIDATION_FAILED, and what reading a body throws. */
export type ReadInput = (c: HttpContext, time: CallTime | undefined) => Promise<Input>;

/** A body has at most `maxBytes`. */
export function createReadInput(route: Pick<Route, keyof Input>, maxBytes: number): ReadInput {
  const readText: ReadText = (c, time) => {
    const text = readJsonText(c.req.raw, maxBytes);
    return time ? time.ofClient(text) : text;
  };
  const params = route.params && validator('param', route.params);
  const query = route.query && validator('query', route.query);
  const body = route.body && bodyValidator(route.body, readText);
  const fields = route.fields && fieldsValidator(route.fields, readText);

  return async (c, time) => ({
    params: params && (await params(c)),
    query: query && (await query(c)),
    body: body && (await body(c, time)),
    fields: fields && (await fields(c, time)),
  });
}

type ReadText = (c: HttpContext, time: CallTime | undefined) => Promise<string>;
type Read = (c: HttpContext, time?: CallTime) => Promise<unknown>;

function validator(target: 'param' | 'query' | 'json', schema: z.ZodType): Read {
  const validationFunction = target === 'query' ? takeFirsts : take;
  const validate = zValidator(target, schema, undefined, { validationFunction }) as MiddlewareHandler;
  return async (c) => {
    await validate(c, nothingMore);
    return c.req.valid(target as never);
  };
}

/** The size and the kind of a body are ours to look at; its text is left where the validator finds what was read before. */
function bodyValidator(schema: z.ZodType, readText: ReadText): Read {
  const validate = validator('json', schema);
  return async (c, time) => {
    const text = await readText(c, time);
    if (text === '') return take(schema, undefined).data;
    c.req.bodyCache.text = Promise.resolve(text) as never;
    try {
      return await validate(c);
    } catch (error) {
      // Without the cause: the parser's message quotes the body.
      throw error instanceof HTTPException ? new ChatError('MALFORMED_JSON') : error;
    }
  };
}

/** Of two places at once, which the library does not know: what the query names, the body need not. */
function fieldsValidator(schema: z.ZodType, readText: ReadText): Read {
  return async (c, time) => {
    const body = parseJson(await readText(c, time));
    // What is no object goes to the schema as it is, which says so.
    return take(schema, body === undefined || isObject(body) ? { ...body, ...c.req.query() } : body).data;
  };
}

function take(schema: z.ZodType, value: unknown): z.ZodSafeParseSuccess<unknown> {
  const decoded = decode(schema, value);
  if (!decoded.ok) throw new ChatError('VALIDATION_FAILED', undefined, { details: decoded.details });
  return { success: true, data: decoded.data };
}

/** Of a repeated name the first counts; the library gives all of them, in a record that is ours. */
function takeFirsts(schema: z.ZodType, value: Record<string, string | string[]>): z.ZodSafeParseSuccess<unknown> {
  for (const [name, given] of Object.entries(value)) if (Array.isArray(given)) value[name] = given[0] as string;
  return take(schema, value);
}

async function nothingMore(): Promise<void> {}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
