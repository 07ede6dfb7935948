// Holds the published document to its word: every answer must have a status and a shape that it names.
import { expect } from 'vitest';
import { z } from 'zod';
import type { createApp } from '../../src/http/app.ts';

type JsonSchema = Record<string, unknown>;

interface OpenApi {
  components: { schemas: Record<string, JsonSchema> };
  paths: Record<string, Record<string, { responses: Responses }>>;
}

type Responses = Record<string, { content: Record<string, { schema: JsonSchema }> }>;

/** Fails where the document has the route but not this answer. Says nothing about routes that it lacks. */
export type CheckAnswer = (method: string, path: string, status: number, body: unknown) => void;

export async function createAnswerCheck(app: ReturnType<typeof createApp>): Promise<CheckAnswer> {
  const document = (await (await app.request('/openapi.json')).json()) as OpenApi;
  const $defs = closed(document.components.schemas) as Record<string, JsonSchema>;
  const routes = Object.entries(document.paths).map(([path, methods]) => ({ pattern: patternOf(path), methods }));
  const compiled = new Map<JsonSchema, z.ZodType>();

  function compile(schema: JsonSchema): z.ZodType {
    const known = compiled.get(schema);
    const made = known ?? z.fromJSONSchema({ ...(closed(schema) as JsonSchema), $defs } as never);
    compiled.set(schema, made);
    return made;
  }

  return (method, path, status, body) => {
    const operation = routes.find(({ pattern }) => pattern.test(path))?.methods[method.toLowerCase()];
    if (!operation) return;
    const content = operation.responses[status]?.content;
    if (content?.['text/plain']) return;
    const answer = content?.['application/json'];
    if (!answer) throw new Error(`The document of ${method} ${path} lacks the status ${status}`);
    const { error } = compile(answer.schema).safeParse(body);
    expect(error?.issues, `${method} ${path} ${status}`).toBeUndefined();
  };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`);
}

/** The schema with its references made local, and without room for fields that it does not name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema === 'string') return schema.replace('#/components/schemas/', '#/$defs/');
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in copy ? { ...copy, additionalProperties: false } : copy;
}
