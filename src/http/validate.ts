// Validation of requests: what a handler gets has passed its schema, and the published document shows that schema.
import type { MiddlewareHandler } from 'hono';
import { resolver, uniqueSymbol } from 'hono-openapi';
import type { z } from 'zod';
import { decode } from '../protocol/decode.ts';
import { ChatError } from '../protocol/errors.ts';
import type { HttpContext, HttpEnvironment } from './environment.ts';
import { assertInTime } from './middleware/in-time.ts';
import { readJson } from './read-json.ts';

type Target = 'param' | 'query' | 'json';

/** A middleware after which `c.req.valid(T)` gives the schema's output. */
type Validator<T extends Target, S extends z.ZodType> = MiddlewareHandler<
  HttpEnvironment,
  string,
  { in: { [K in T]: z.input<S> }; out: { [K in T]: z.output<S> } }
>;

export type JsonBody = <S extends z.ZodType>(schema: S) => Validator<'json', S>;

/** Validates the parameters of the path. */
export function params<S extends z.ZodType>(schema: S): Validator<'param', S> {
  return documented('param', schema, (c) => c.req.param());
}

/** Validates the query; of a repeated name the first counts. */
export function query<S extends z.ZodType>(schema: S): Validator<'query', S> {
  return documented('query', schema, (c) => c.req.query());
}

/** Makes the validators of JSON bodies of at most `maxBytes`. */
export function createJsonBody(maxBytes: number): JsonBody {
  return (schema) => documented('json', schema, (c) => bodyOf(c, maxBytes));
}

/**
 * Makes the validators of fields that may be in the query or in the body, for methods whose body some intermediaries
 * drop. Not in the document by themselves: describe the fields with the route.
 */
export function createQueryOrJsonBody(maxBytes: number): JsonBody {
  return (schema) =>
    validated('json', schema, async (c) => {
      const body = await bodyOf(c, maxBytes);
      // What is no object goes to the schema as it is, which says so.
      return body === undefined || isObject(body) ? { ...body, ...c.req.query() } : body;
    });
}

/** hono-openapi's own validator reads bodies leniently and shows the input in its failures, so only its mark is used. */
function documented<T extends Target, S extends z.ZodType>(target: T, schema: S, read: Read): Validator<T, S> {
  return Object.assign(validated(target, schema, read), { [uniqueSymbol]: { target, ...resolver(schema) } });
}

function bodyOf(c: HttpContext, maxBytes: number): Promise<unknown> {
  return c.get('time').ofClient(readJson(c.req.raw, maxBytes));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Read = (c: HttpContext) => unknown;

function validated<T extends Target, S extends z.ZodType>(target: T, schema: S, read: Read): Validator<T, S> {
  return async function validate(c, next) {
    const decoded = decode(schema, await read(c));
    if (!decoded.ok) throw new ChatError('VALIDATION_FAILED', undefined, { details: decoded.details });
    assertInTime(c);
    c.req.addValidatedData(target, decoded.data as object);
    await next();
  };
}
