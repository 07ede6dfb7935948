// The published document, taken from the app itself, is complete, exact, and useful to generators.
import { expect, it } from 'vitest';
import { createDescribingApp } from '../../tests/support/published-document.ts';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';
import type { JsonSchema } from './json-schema.ts';

interface Answer {
  description: string;
  headers: Record<string, { $ref: string }>;
  content: Record<string, { schema: JsonSchema }>;
}

interface Operation {
  operationId: string;
  description: string;
  tags: string[];
  security?: unknown[];
  deprecated?: boolean;
  parameters?: { name: string; in: string; required: boolean; schema: JsonSchema; example?: unknown }[];
  requestBody?: { required: boolean; content: Record<string, { schema: JsonSchema; example?: object }> };
  responses: Record<string, Answer>;
}

interface OpenApi {
  info: { version: string };
  servers: unknown[];
  tags: { name: string; description: string }[];
  components: { schemas: Record<string, JsonSchema>; headers: Record<string, unknown>; securitySchemes: unknown };
  paths: Record<string, Record<string, Operation>>;
}

const app = createDescribingApp();
const response = await app.request('/openapi.json');
const document = (await response.json()) as OpenApi;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, ...operation })),
);

function operation(call: string) {
  const found = operations.find((candidate) => candidate.call === call);
  if (!found) throw new Error(`The document lacks ${call}`);
  return found;
}

/** Returns the schema itself if it is given a reference. */
function resolved(schema: JsonSchema | undefined): { properties: Record<string, JsonSchema>; required?: string[] } {
  const name = String(schema?.$ref ?? '').replace('#/components/schemas/', '');
  return (name ? document.components.schemas[name] : schema) as never;
}

const bodyOf = (call: string) => resolved(operation(call).requestBody?.content['application/json']?.schema);
const answerOf = (call: string, status: number) =>
  resolved(operation(call).responses[status]?.content['application/json']?.schema);

it('is OpenAPI 3.1 of this version', () => {
  expect(response.status).toBe(200);
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, security: [{ token: [] }] });
  expect(document.components.securitySchemes).toMatchObject({ token: { type: 'http', scheme: 'bearer' } });
  expect(document.servers).toHaveLength(1);
});

it('has every route of the app, except for pages, itself and the address of WebSockets', () => {
  const others = new Set(['GET /openapi.json', 'GET /docs', 'GET /docs/{asset}', 'GET /api/v1/ws']);
  const routes = app.routes
    .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
    .map(({ method, path }) => `${method} ${path.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}')}`);
  const wanted = [...new Set(routes)].filter((route) => !others.has(route));
  expect(operations.map(({ call }) => call).sort()).toEqual(wanted.sort());
  expect(wanted.length).toBeGreaterThan(30);
});

it('marks the calls that take no token', () => {
  const open = operations.filter(({ security }) => security?.length === 0).map(({ call }) => call);
  const system = ['GET /health', 'GET /ready', 'GET /metrics'];
  expect(open.sort()).toEqual([...system, 'POST /api/v1/auth/register', 'POST /api/v1/auth/login'].sort());
});

it('names each call once, with a verb first', () => {
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) {
    expect(id).toMatch(
      /^(add|broadcast|create|delete|disconnect|edit|get|leave|list|log|mark|pin|register|remove|rename|search|send|sync|unpin|update)/,
    );
    expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
  }
});

it('describes all tags and calls', () => {
  for (const { description } of document.tags) expect(description).toMatch(/\.$/);
  const known = document.tags.map(({ name }) => name);
  for (const { call, tags, description } of operations) {
    expect(known, call).toEqual(expect.arrayContaining(tags));
    expect(description, call).toMatch(/\.$/);
  }
});

it('names the codes that each failure can have, all with its status', () => {
  for (const { call, responses } of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      if (Number(status) < 400 || call === 'GET /ready') continue;
      const { properties, required } = resolved(content['application/json']?.schema);
      expect(required).toEqual(['success', 'code', 'message', 'requestId']);
      const codes = properties.code?.enum as ErrorCode[];
      expect(codes.length, `${call} ${status}`).toBeGreaterThan(0);
      for (const code of codes) expect(String(ERRORS[code].status), `${call} ${code}`).toBe(status);
    }
  }
  expect(answerOf('PUT /api/v1/users/profile', 400).properties.code?.enum).toContain('WRONG_PASSWORD');
});

it('names the failures and headers that every call of the API can have', () => {
  for (const { call, responses, security } of operations.filter(({ call }) => call.includes(' /api/'))) {
    const statuses = ['400', '429', '500', '503', ...(security ? [] : ['401'])];
    expect(Object.keys(responses), call).toEqual(expect.arrayContaining(statuses));
    for (const [status, { headers }] of Object.entries(responses)) {
      const names = ['X-Request-Id', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
      if (['429', '503'].includes(status)) names.push('Retry-After');
      if (status === '401' && !security) names.push('WWW-Authenticate');
      expect(Object.keys(headers), `${call} ${status}`).toEqual(names);
    }
  }
});

it('has no reference without a component, and no component without a reference', () => {
  const text = JSON.stringify(document);
  for (const kind of ['schemas', 'headers'] as const) {
    const references = [...text.matchAll(new RegExp(`"\\$ref":"#/components/${kind}/([^"]*)"`, 'g'))];
    const names = new Set(references.map(([, name = '']) => name));
    expect(Object.keys(document.components[kind]).sort()).toEqual([...names].sort());
  }
});

it('describes numbers as numbers, with meaningful bounds', () => {
  const query = Object.fromEntries(
    operation('GET /api/v1/messages/channel/{id}').parameters?.map(({ name, schema }) => [name, schema]) ?? [],
  );
  const id = { type: 'integer', minimum: 1, maximum: 2_147_483_647 };
  expect(query).toEqual({
    id,
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    before: id,
    after: id,
  });
  const schemas = JSON.stringify(document);
  for (const [, bound] of schemas.matchAll(/"m(?:in|ax)imum":(-?\d+)/g)) {
    expect(Number(bound)).toBeGreaterThanOrEqual(0);
    expect(Number(bound)).toBeLessThanOrEqual(2_147_483_647);
  }
});

it('tells required fields from optional ones', () => {
  expect(bodyOf('POST /api/v1/auth/register').required).toEqual(['username', 'email', 'password']);
  expect(bodyOf('POST /api/v1/messages').required ?? []).toEqual([]);
  expect(bodyOf('POST /api/v1/channels').required).toEqual(['type']);
  const removal = operation('DELETE /api/v1/channels/{id}/users');
  expect(removal.requestBody?.required).toBe(false);
  expect(removal.parameters).toMatchObject([
    { name: 'id', in: 'path', required: true },
    { name: 'userId', in: 'query', required: false },
  ]);
});

it('has an example for each body and each required parameter', () => {
  for (const { call, requestBody, parameters = [] } of operations) {
    if (requestBody) expect(requestBody.content['application/json']?.example, call).toBeDefined();
    for (const { name, required, example } of parameters)
      if (required) expect(example, `${call} ${name}`).toBeDefined();
  }
});
