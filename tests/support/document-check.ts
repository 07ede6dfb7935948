// Checks answers against the published document: each must have a status, headers and a body that it describes.
import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../../src/protocol/errors.ts';
import { publishedDocument } from './published-document.ts';

type JsonSchema = Record<string, unknown>;

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}

interface OpenApi {
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly headers: Readonly<Record<string, { readonly schema: JsonSchema }>>;
  };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Answered {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  /** Parsed if it is JSON, else its text. */
  readonly body: unknown;
}

/** Throws an error that says what the document lacks, or what is wrong with the answer. */
export type CheckAnswer = (answer: Answered) => void;

/** Pages, their files and the document itself: their successful answers are not described. */
const UNDOCUMENTED = /^\/(?:openapi\.json|docs(?:\/.*)?)$/;

export async function createAnswerCheck(): Promise<CheckAnswer> {
  const { components, paths } = await publishedDocument<OpenApi>();
  const validate = createValidate(components.schemas);
  // The literal ones first, because `/users/search` is no id.
  const routes = Object.entries(paths)
    .sort(([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')))
    .map(([path, methods]) => ({ pattern: patternOf(path), methods }));

  function operationOf({ method, path }: Answered): Operation | undefined {
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    return routes.find(({ pattern }) => pattern.test(path))?.methods[verb];
  }

  function checkHeaders({ status, headers }: Answered, named: Response['headers']): void {
    for (const [name, { schema }] of Object.entries(components.headers)) {
      const value = headers.get(name);
      if (value === null) continue;
      if (!(name in named)) throw new Error(`it has a header ${name} that the document does not name`);
      validate(schema, schema.type === 'integer' ? Number(value) : value, `header ${name}`);
    }
    if (!headers.has('X-Request-Id')) throw new Error('it has no X-Request-Id');
    if (status === 429 && !headers.has('Retry-After')) throw new Error('it has no Retry-After');
  }

  function checkBody({ method, headers, body }: Answered, { content }: Response): void {
    const [type, media] = Object.entries(content)[0] ?? [];
    if (!headers.get('content-type')?.startsWith(String(type))) throw new Error(`it is not ${type}`);
    if (method !== 'HEAD' && media) validate(media.schema, body, 'body');
  }

  /** What every failure has in common, if the document has no route. */
  function checkFailure({ method, status, body }: Answered): void {
    if (method === 'HEAD') return;
    const codes = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].status === status);
    if (!codes.includes((body as { code: ErrorCode }).code)) throw new Error('it has no code of its status');
  }

  function check(answer: Answered): void {
    const response = operationOf(answer)?.responses[answer.status];
    if (response) {
      checkHeaders(answer, response.headers);
      checkBody(answer, response);
    } else if (operationOf(answer)) throw new Error('the document lacks the status');
    else if (answer.status >= 400) checkFailure(answer);
    else if (!UNDOCUMENTED.test(answer.path)) throw new Error('the document lacks the call');
  }

  return (answer) => {
    // Preflights, which browsers send by themselves.
    if (answer.method === 'OPTIONS') return;
    try {
      check(answer);
    } catch (cause) {
      const { method, path, status, body } = answer;
      const text = JSON.stringify(body)?.slice(0, 500);
      throw new Error(`${method} ${path} ${status}: ${(cause as Error).message}: ${text}`, { cause });
    }
  };
}

/** Compiles each schema once. */
function createValidate(schemas: OpenApi['components']['schemas']) {
  const $defs = closed(schemas) as JsonSchema;
  const compiled = new Map<JsonSchema, z.ZodType>();

  return (schema: JsonSchema, value: unknown, what: string): void => {
    let compiledSchema = compiled.get(schema);
    if (!compiledSchema) {
      compiledSchema = z.fromJSONSchema({ ...(closed(schema) as JsonSchema), $defs } as never);
      compiled.set(schema, compiledSchema);
    }
    const { error } = compiledSchema.safeParse(value);
    if (error) throw new Error(`its ${what} is not as the document says: ${z.prettifyError(error)}`);
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
}

/** The schema with its references made local. Fields that it does not name are forbidden. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema === 'string') return schema.replace('#/components/schemas/', '#/$defs/');
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in copy ? { ...copy, additionalProperties: false } : copy;
}
