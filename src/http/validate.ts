// Reads and validates the input that a route asks for, so that `run` gets only what has passed its schema.
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

/** Returns the validated input. Throws VALIDATION_FAILED, and what reading a body throws. */
export type ReadInput = (c: HttpContext, time: CallTime | undefined) => Promise<Input>;

/** Refuses bodies of more than `maxBytes`. Returns undefined for a route that asks for nothing. */
export function createReadInput(route: Pick<Route, keyof Input>, maxBytes: number): ReadInput | undefined {
  const readText: ReadText = (c, time) => {
    const text = readJsonText(c.req.raw, maxBytes);
    return time ? time.ofClient(text) : text;
  };
  const params = route.params && validator('param', route.params);
  const query = route.query && validator('query', route.query);
  const body = route.body && bodyValidator(route.body, readText);
  const fields = route.fields && fieldsValidator(route.fields, readText);

  if (!(params || query || body || fields)) return undefined;
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

/** Checks the size and the type of a body itself, then leaves the text in the cache that the validator reads from. */
function bodyValidator(schema: z.ZodType, readText: ReadText): Read {
  const validate = validator('json', schema);
  return async (c, time) => {
    const text = await readText(c, time);
    if (text === '') return take(schema, undefined).data;
    c.req.bodyCache.text = Promise.resolve(text) as never;
    try {
      return await validate(c);
    } catch (error) {
      // The cause is left out, because the parser's message quotes the body.
      throw error instanceof HTTPException ? new ChatError('MALFORMED_JSON') : error;
    }
  };
}

/** Validates query and body as one object, which the library cannot. The query wins over the body. */
function fieldsValidator(schema: z.ZodType, readText: ReadText): Read {
  return async (c, time) => {
    const body = parseJson(await readText(c, time));
    // A body that is not an object goes to the schema as it is, because the schema refuses it.
    return take(schema, body === undefined || isObject(body) ? { ...body, ...c.req.query() } : body).data;
  };
}

function take(schema: z.ZodType, value: unknown): z.ZodSafeParseSuccess<unknown> {
  const decoded = decode(schema, value);
  if (!decoded.ok) throw new ChatError('VALIDATION_FAILED', undefined, { details: decoded.details });
  return { success: true, data: decoded.data };
}

/** Keeps the first value of a repeated name. The library passes all of them, in a record that we may change. */
function takeFirsts(schema: z.ZodType, value: Record<string, string | string[]>): z.ZodSafeParseSuccess<unknown> {
  for (const [name, given] of Object.entries(value)) if (Array.isArray(given)) value[name] = given[0] as string;
  return take(schema, value);
}

async function nothingMore(): Promise<void> {}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
