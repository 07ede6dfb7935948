// The published document: what all routes say about themselves, and what holds for all of them.
import type { Hono, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';
import { type Marks, marksOf, type Operation, TAGS, type Target } from './describe.ts';
import type { HttpEnvironment } from './environment.ts';
import { errorSchemaOf } from './error-schema.ts';
import { createSchemaWriter, type SchemaWriter } from './json-schema.ts';
import { headersOf, RESPONSE_HEADERS } from './openapi-headers.ts';
import { respondJsonText } from './respond.ts';

const DESCRIPTION = `The REST interface. Live events come over WebSocket at \`/api/v1/ws\` or over Socket.IO at \`/socket.io/\`.

Success is \`{"success": true, "data": …}\`, failure \`{"success": false, "code", "message", "details"?, "requestId"}\`. Decide by the
code. Ids are integers; their decimal strings are accepted too. Times are ISO 8601 in UTC. Fields that are not named here are
ignored, and new ones may appear in answers.`;

/** What a request can meet before its route is asked: a head that is not valid. */
const OF_EVERY_CALL: readonly ErrorCode[] = ['VALIDATION_FAILED', 'INTERNAL'];
const OF_EVERY_API_CALL: readonly ErrorCode[] = ['RATE_LIMITED', 'UNAVAILABLE'];

interface DocumentedRoute {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
  readonly inputs: readonly NonNullable<Marks['input']>[];
}

/** Answers with the document of all routes of `app`, made when it is first asked for: one text for all who ask. */
export function openApiDocument(app: Hono<HttpEnvironment>, version: string): MiddlewareHandler<HttpEnvironment> {
  let document: string | undefined;
  return async (c) => {
    document ??= JSON.stringify(createDocument(documentedRoutes(app), version));
    return respondJsonText(c, 200, document);
  };
}

/** Each handler of a route stands in Hono's list by itself. */
function documentedRoutes(app: Hono<HttpEnvironment>): DocumentedRoute[] {
  const routes = new Map<string, Marks[]>();
  for (const { method, path, handler } of app.routes) {
    const key = `${method} ${path.replace(/(?<=.)\/$/, '').replace(/:(\w+)/g, '{$1}')}`;
    routes.set(key, [...(routes.get(key) ?? []), marksOf(handler)]);
  }
  return [...routes].flatMap(([key, marks]) => {
    const [method, path] = key.split(' ') as [string, string];
    const operation = marks.find((mark) => mark.operation)?.operation;
    return operation ? [{ method: method.toLowerCase(), path, operation, inputs: inputsOf(marks) }] : [];
  });
}

function inputsOf(marks: readonly Marks[]): NonNullable<Marks['input']>[] {
  return marks.flatMap(({ input }) => (input ? [input] : []));
}

function createDocument(routes: readonly DocumentedRoute[], version: string): object {
  const writer = createSchemaWriter();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) paths[route.path] = { ...paths[route.path], [route.method]: describeCall(route, writer) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat service',
      version,
      description: DESCRIPTION,
      contact: { name: 'The operator of this service' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative to this document, so that it is right behind a proxy and below another path as well.
    servers: [{ url: '.', description: 'The service that this document comes from' }],
    security: [{ token: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'The `token` that registering and signing in give.',
        },
      },
      headers: RESPONSE_HEADERS,
      schemas: writer.components,
    },
  };
}

function describeCall({ operation, inputs }: DocumentedRoute, writer: SchemaWriter): object {
  const { id, tag, summary, description, access = 'token', deprecated } = operation;
  const parameters = inputs.flatMap((input) => parametersOf(input, operation, writer));
  const body = inputs.find(({ target }) => target === 'json' || target === 'queryOrJson');
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...(access !== 'token' && { security: [] }),
    ...(deprecated && { deprecated }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: requestBody(body, operation, writer) }),
    responses: { ...successes(operation, writer), ...failures(operation, writer) },
  };
}

const PLACES: Readonly<Partial<Record<Target, 'path' | 'query'>>> = {
  param: 'path',
  query: 'query',
  queryOrJson: 'query',
};

function parametersOf({ target, schema }: NonNullable<Marks['input']>, operation: Operation, writer: SchemaWriter) {
  const place = PLACES[target];
  if (!place) return [];
  const { properties = {}, required = [] } = writer.writeObject(schema);
  return Object.entries(properties).map(([name, { description, ...shape }]) => ({
    in: place,
    name,
    required: target !== 'queryOrJson' && required.includes(name),
    ...(description !== undefined && { description }),
    schema: shape,
    ...exampleOf(operation.examples?.[name] ?? (place === 'path' ? 1 : undefined)),
  }));
}

function exampleOf(example: unknown): { example?: unknown } {
  return example === undefined ? {} : { example };
}

function requestBody({ target, schema }: NonNullable<Marks['input']>, { example }: Operation, writer: SchemaWriter) {
  return {
    required: target === 'json',
    content: { 'application/json': { schema: writer.write(schema), ...exampleOf(example) } },
  };
}

function successes({ answers, access }: Operation, writer: SchemaWriter) {
  const entries = Object.entries(answers).map(([status, [description, body]]) => {
    const content = body === 'text' ? { 'text/plain': { schema: { type: 'string' } } } : json(body, writer);
    return [status, { description, headers: headersOf(access), content }];
  });
  return Object.fromEntries(entries);
}

function failures(operation: Operation, writer: SchemaWriter) {
  const codes = codesOf(operation);
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort();
  const entries = statuses.map((status) => {
    const ofStatus = codes.filter((code) => ERRORS[code].status === status);
    const description = ofStatus.map((code) => `\`${code}\`: ${ERRORS[code].text}`).join('\n\n');
    const headers = headersOf(operation.access, ofStatus);
    return [status, { description, headers, content: json(errorSchemaOf(ofStatus), writer) }];
  });
  return Object.fromEntries(entries);
}

/** Without repetition, and without those whose status is an answer of the route's own. */
function codesOf({ answers, errors = [], access = 'token' }: Operation): ErrorCode[] {
  const common = access === 'open' ? OF_EVERY_CALL : [...OF_EVERY_CALL, ...OF_EVERY_API_CALL];
  const codes = new Set<ErrorCode>([...common, ...errors]);
  if (access === 'token') codes.add('UNAUTHORIZED');
  return [...codes].filter((code) => !(ERRORS[code].status in answers)).sort();
}

function json(schema: z.ZodType, writer: SchemaWriter) {
  return { 'application/json': { schema: writer.write(schema) } };
}
