// The published document: what each route says about itself, and what is true for all of them.
import type { z } from 'zod';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';
import { errorSchemaOf } from './error-schema.ts';
import { createSchemaWriter, type SchemaWriter } from './json-schema.ts';
import { headersOf, RESPONSE_HEADERS } from './openapi-headers.ts';
import { type Access, type DocumentedRoute, defineUnlisted, type Route, TAGS } from './route.ts';

const DESCRIPTION = `The REST interface. Live events come over WebSocket at \`/api/v1/ws\` or over Socket.IO at \`/socket.io/\`.

Success is \`{"success": true, "data": …}\`, failure \`{"success": false, "code", "message", "details"?, "requestId"}\`. Decide by the
code. Ids are integers; their decimal strings are accepted too. Times are ISO 8601 in UTC. Fields that are not named here are
ignored, and new ones may appear in answers.`;

/** Every call can fail with these: an invalid request head fails validation too, like invalid parameters. */
const OF_EVERY_CALL: readonly ErrorCode[] = ['VALIDATION_FAILED', 'INTERNAL'];
const OF_EVERY_API_CALL: readonly ErrorCode[] = ['RATE_LIMITED', 'UNAVAILABLE'];
const OF_SIGN_IN: readonly ErrorCode[] = ['UNAUTHORIZED'];
const OF_ADMINS: readonly ErrorCode[] = ['FORBIDDEN'];
const OF_BODIES: readonly ErrorCode[] = ['MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'];

/** Returns the route of the document of these routes. Its text is made on the first request and then kept. */
export function openApiDocument(routes: readonly Route[], version: string): Route {
  let document: string | undefined;
  return defineUnlisted({
    method: 'GET',
    path: '/openapi.json',
    access: 'open',
    run() {
      document ??= JSON.stringify(createDocument(routes.filter(isDocumented), version));
      return { status: 200, body: document };
    },
  });
}

function isDocumented(route: Route): route is DocumentedRoute {
  return route.id !== undefined;
}

function createDocument(routes: readonly DocumentedRoute[], version: string): object {
  const writer = createSchemaWriter();
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: describeCall(route, writer) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat service',
      version,
      description: DESCRIPTION,
      contact: { name: 'The operator of this service' },
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative to this document, so that it is also right behind a proxy and under another path.
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

function describeCall(route: DocumentedRoute, writer: SchemaWriter): object {
  const { id, tag, summary, description, access, deprecated } = route;
  const parameters = [
    ...parametersOf('path', route.params, route, writer),
    ...parametersOf('query', route.query, route, writer),
    ...parametersOf('query', route.fields, route, writer),
  ];
  const body = requestBody(route, writer);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...(!isSignedIn(access) && { security: [] }),
    ...(deprecated && { deprecated }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: body }),
    responses: { ...successes(route, writer), ...failures(route, writer) },
  };
}

function isSignedIn(access: Access): boolean {
  return access !== 'open' && access !== 'public';
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  route: DocumentedRoute,
  writer: SchemaWriter,
) {
  if (!schema) return [];
  const { properties = {}, required = [] } = writer.writeObject(schema);
  return Object.entries(properties).map(([name, { description, ...shape }]) => ({
    in: place,
    name,
    // Fields that may also be in the body are required in neither place.
    required: schema !== route.fields && required.includes(name),
    ...(description !== undefined && { description }),
    schema: shape,
    ...exampleOf(route.examples?.[name] ?? (place === 'path' ? 1 : undefined)),
  }));
}

function exampleOf(example: unknown): { example?: unknown } {
  return example === undefined ? {} : { example };
}

function requestBody({ body, fields, example }: DocumentedRoute, writer: SchemaWriter) {
  const schema = body ?? fields;
  if (!schema) return undefined;
  return {
    required: schema === body,
    content: { 'application/json': { schema: writer.write(schema), ...exampleOf(example) } },
  };
}

function successes({ answers, access }: DocumentedRoute, writer: SchemaWriter) {
  const entries = Object.entries(answers).map(([status, [description, body]]) => {
    const content = body === 'text' ? { 'text/plain': { schema: { type: 'string' } } } : json(body, writer);
    return [status, { description, headers: headersOf(access), content }];
  });
  return Object.fromEntries(entries);
}

function failures(route: DocumentedRoute, writer: SchemaWriter) {
  const codes = codesOf(route);
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))].sort();
  const entries = statuses.map((status) => {
    const ofStatus = codes.filter((code) => ERRORS[code].status === status);
    const description = ofStatus.map((code) => `\`${code}\`: ${ERRORS[code].text}`).join('\n\n');
    const headers = headersOf(route.access, ofStatus);
    return [status, { description, headers, content: json(errorSchemaOf(ofStatus), writer) }];
  });
  return Object.fromEntries(entries);
}

/** Returns each code once, without codes whose status is among the route's own answers. */
function codesOf({ access, body, fields, answers, errors = [] }: DocumentedRoute): ErrorCode[] {
  const codes = new Set<ErrorCode>([
    ...OF_EVERY_CALL,
    ...(access === 'open' ? [] : OF_EVERY_API_CALL),
    ...(isSignedIn(access) ? OF_SIGN_IN : []),
    ...(access === 'admin' ? OF_ADMINS : []),
    ...(body || fields ? OF_BODIES : []),
    ...errors,
  ]);
  return [...codes].filter((code) => !(ERRORS[code].status in answers)).sort();
}

function json(schema: z.ZodType, writer: SchemaWriter) {
  return { 'application/json': { schema: writer.write(schema) } };
}
