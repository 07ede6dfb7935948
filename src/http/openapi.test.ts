import { expect, it } from 'vitest';
import { type AppDependencies, createApp } from './app.ts';

interface Operation {
  operationId: string;
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: { required?: string[] } }> };
  responses: Record<string, { description: string; content: Record<string, { schema: unknown }> }>;
}

interface OpenApi {
  openapi: string;
  info: { version: string };
  security: unknown[];
  components: { schemas: Record<string, unknown>; securitySchemes: unknown };
  paths: Record<string, Record<string, Operation>>;
}

/** Describing itself is all that this app can do. */
const app = createApp({
  limiters: { general: null, auth: null },
  metrics: { observeRequest() {} },
  logger: { debug() {}, error() {} },
  clock: { now: () => 0, monotonic: () => 0 },
  corsOrigins: '*',
  maxTextLength: 1,
  version: '1.2.3',
} as unknown as AppDependencies);
const response = await app.request('/openapi.json');
const document = (await response.json()) as OpenApi;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ call: `${method.toUpperCase()} ${path}`, ...operation })),
);
const operation = (call: string) => operations.find((candidate) => candidate.call === call) as Operation;

it('is OpenAPI 3.1 of this version', () => {
  expect(response.status).toBe(200);
  expect(document).toMatchObject({ openapi: '3.1.0', info: { version: '1.2.3' }, security: [{ token: [] }] });
  expect(document.components.securitySchemes).toEqual({
    token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
  });
});

it('has every route, and those that take no token marked', () => {
  const open = ['POST /api/v1/auth/register', 'POST /api/v1/auth/login', 'GET /api/v1/ws'];
  const signedIn = [
    'GET /api/v1/users/profile',
    'PUT /api/v1/users/profile',
    'GET /api/v1/users/search',
    'GET /api/v1/channels',
    'POST /api/v1/auth/logout',
    'POST /api/v1/auth/logout-all',
    'POST /api/v1/channels',
    'GET /api/v1/channels/{id}',
    'PUT /api/v1/channels/{id}',
    'DELETE /api/v1/channels/{id}',
    'POST /api/v1/channels/{id}/users',
    'DELETE /api/v1/channels/{id}/users',
    'POST /api/v1/channels/{id}/leave',
    'GET /api/v1/messages/channel/{id}',
    'GET /api/v1/messages/friend/{friendId}',
    'POST /api/v1/messages',
    'GET /api/v1/messages/{id}',
    'PATCH /api/v1/messages/{id}',
    'DELETE /api/v1/messages/{id}',
    'GET /api/v1/conversations',
    'GET /api/v1/ws/stats',
    'GET /api/v1/ws/users',
    'DELETE /api/v1/ws/users/{userId}',
    'GET /api/v1/ws/channels/{channelId}/members',
    'POST /api/v1/ws/channels/{channelId}/broadcast',
  ];
  expect(operations.map(({ call }) => call).sort()).toEqual([...open, ...signedIn].sort());
  expect(operations.filter(({ security }) => security?.length === 0).map(({ call }) => call)).toEqual(open);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

it('describes each answer with a schema, failures with that of all failures', () => {
  for (const { call, responses } of operations) {
    expect(Object.keys(responses), call).toEqual(expect.arrayContaining(['429', '500', '503']));
    for (const [status, { description, content }] of Object.entries(responses)) {
      expect(description, `${call} ${status}`).toMatch(/\S/);
      const { schema } = content['application/json'] as { schema: unknown };
      if (Number(status) >= 400) expect(schema).toEqual({ $ref: '#/components/schemas/Error' });
    }
  }
});

it('refers to nothing that is missing', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]*)"/g)];
  expect(references.length).toBeGreaterThan(50);
  for (const [, name = ''] of references) expect(document.components.schemas).toHaveProperty(name);
});

it('tells required from optional', () => {
  const { requestBody } = operation('POST /api/v1/auth/register');
  expect(requestBody?.content['application/json']?.schema.required).toEqual(['username', 'email', 'password']);
  const send = operation('POST /api/v1/messages').requestBody;
  expect(send?.content['application/json']?.schema.required ?? []).toEqual([]);
  expect(operation('GET /api/v1/messages/channel/{id}').parameters).toMatchObject([
    { name: 'id', in: 'path', required: true },
    { name: 'limit', in: 'query' },
    { name: 'before', in: 'query' },
    { name: 'after', in: 'query' },
  ]);
  const removal = operation('DELETE /api/v1/channels/{id}/users');
  expect(removal.requestBody?.required).toBe(false);
  expect(removal.parameters?.map(({ name }) => name).sort()).toEqual(['id', 'userId']);
});
