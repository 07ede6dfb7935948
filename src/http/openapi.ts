// The published document: what each route says about itself, and what holds for all of them.
import type { Hono, MiddlewareHandler } from 'hono';
import { describeRoute, generateSpecs, resolver } from 'hono-openapi';
import type { z } from 'zod';
import { ERRORS, type ErrorCode } from '../protocol/errors.ts';
import { errorSchema } from '../protocol/resources.ts';
import type { HttpEnvironment } from './environment.ts';
import { respondJson } from './respond.ts';

/** What a route says about itself; parameters and body come from its validators. */
export interface Operation {
  /** Unique; names the call in generated clients. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  /** By status: when it is given, and the shape of the body. */
  readonly answers: Readonly<Record<number, readonly [when: string, body: z.ZodType]>>;
  /** Codes of its own, beside those that every route of its kind has. */
  readonly errors?: readonly ErrorCode[];
  /** True where no token is needed. */
  readonly isPublic?: boolean;
  /** Anything else that OpenAPI knows of an operation. */
  readonly more?: Parameters<typeof describeRoute>[0];
}

const OF_EVERY_ROUTE: readonly ErrorCode[] = ['RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE'];

/** The codes of a route that takes a JSON body. */
export const BODY_ERRORS = [
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly ErrorCode[];

export function describe({
  id,
  tag,
  summary,
  answers,
  errors = [],
  isPublic = false,
  more,
}: Operation): MiddlewareHandler {
  const codes = [...errors, ...(isPublic ? [] : (['UNAUTHORIZED'] as const)), ...OF_EVERY_ROUTE];
  return describeRoute({
    operationId: id,
    tags: [tag],
    summary,
    ...(isPublic && { security: [] }),
    ...more,
    responses: { ...successes(answers), ...failures(codes) },
  });
}

function successes(answers: Operation['answers']) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, [description, body]]) => [status, { description, content: json(body) }]),
  );
}

function failures(codes: readonly ErrorCode[]) {
  const descriptions: Record<number, string> = {};
  for (const code of codes) {
    const { status, text } = ERRORS[code];
    descriptions[status] = `${descriptions[status] ? `${descriptions[status]}\n\n` : ''}\`${code}\`: ${text}`;
  }
  return Object.fromEntries(
    Object.entries(descriptions).map(([status, description]) => [status, { description, content: json(errorSchema) }]),
  );
}

function json(schema: z.ZodType) {
  return { 'application/json': { schema: resolver(schema) } };
}

/** Answers with the document of all routes of `app`, made when first asked for. */
export function openApiDocument(app: Hono<HttpEnvironment>, version: string): MiddlewareHandler<HttpEnvironment> {
  let document: Promise<unknown> | undefined;
  const make = () =>
    generateSpecs(app, {
      defaultValidationErrorResponse: false,
      documentation: {
        info: {
          title: 'Chat service',
          version,
          description: 'The REST interface. Live events come over WebSocket at `/api/v1/ws` or over Socket.IO.',
        },
        tags: ['Accounts', 'Users', 'Channels', 'Messages', 'Live'].map((name) => ({ name })),
        security: [{ token: [] }],
        components: {
          securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
        },
      },
    });
  return async (c) => {
    document ??= make();
    return respondJson(c, 200, await document);
  };
}
