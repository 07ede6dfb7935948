// Validation of requests: what a handler gets has passed its schema, and the published document shows that schema.
import type { MiddlewareHandler, Next } from 'hono';
import type { z } from 'zod';
import { decode } from '../protocol/decode.ts';
import { ChatError } from '../protocol/errors.ts';
import { marked, type Target } from './describe.ts';
import type { HttpContext, HttpEnvironment } from './environment.ts';
import { assertInTime } from './middleware/in-time.ts';
import { readJson } from './read-json.ts';

/** Where Hono keeps what was validated. */
type Place = 'param' | 'query' | 'json';

/** A middleware after which `c.req.valid(T)` gives the schema's output. */
type Validator<T extends Place, S extends z.ZodType> = MiddlewareHandler<
  HttpEnvironment,
  string,
  { in: { [K in T]: z.input<S> }; out: { [K in T]: z.output<S> } }
>;

export type JsonBody = <S extends z.ZodType>(schema: S) => Validator<'json', S>;

/** Validates the parameters of the path. */
export function params<S extends z.ZodType>(schema: S): Validator<'param', S> {
  return validated('param', schema, 'param', (c) => c.req.param());
}

/** Validates the query; of a repeated name the first counts. */
export function query<S extends z.ZodType>(schema: S): Validator<'query', S> {
  return validated('query', schema, 'query', (c) => c.req.query());
}

/** Makes the validators of JSON bodies of at most `maxBytes`. */
export function createJsonBody(maxBytes: number): JsonBody {
  return (schema) => validated('json', schema, 'json', (c) => bodyOf(c, maxBytes));
}

/**
 * Makes the validators of fields that may be in the query or in the body, for methods whose body some intermediaries
 * drop.
 */
export function createQueryOrJsonBody(maxBytes: number): JsonBody {
  return (schema) =>
    validated('json', schema, 'queryOrJson', async (c) => {
      const body = await bodyOf(c, maxBytes);
      // What is no object goes to the schema as it is, which says so.
      return body === undefined || isObject(body) ? { ...body, ...c.req.query() } : body;
    });
}

function bodyOf(c: HttpContext, maxBytes: number): Promise<unknown> {
  return c.get('time').ofClient(readJson(c.req.raw, maxBytes));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

type Read = (c: HttpContext) => unknown;

function validated<T extends Place, S extends z.ZodType>(
  place: T,
  schema: S,
  target: Target,
  read: Read,
): Validator<T, S> {
  async function validate(c: HttpContext, next: Next): Promise<void> {
    const decoded = decode(schema, await read(c));
    if (!decoded.ok) throw new ChatError('VALIDATION_FAILED', undefined, { details: decoded.details });
    assertInTime(c);
    c.req.addValidatedData(place, decoded.data as object);
    await next();
  }
  return marked(validate as Validator<T, S>, { input: { target, schema } });
}
