// What a route says about itself, for the published document. It travels with the route's handlers, as marks on them.
import type { MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import type { ErrorCode } from '../protocol/errors.ts';

/** What a route says about itself; parameters and body come from its validators. */
export interface Operation {
  /** Unique and stable, because it names the call in generated clients: a verb first. */
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  /** What the summary leaves out: who may, and what is worth knowing. */
  readonly description: string;
  /** By status: when it is given, and the shape of the body, which is JSON unless it is said to be text. */
  readonly answers: Readonly<Record<number, readonly [when: string, body: z.ZodType | 'text']>>;
  /** Codes of its own, beside those that every route of its kind has. */
  readonly errors?: readonly ErrorCode[];
  /** `token` unless said otherwise. `public`: nobody has to sign in. `open`: not limited either, and not an API call. */
  readonly access?: 'token' | 'public' | 'open';
  /** A body that works as it stands in a service in which the examples were called in the order of the document. */
  readonly example?: object;
  /** Values for the parameters that work in the same way; an id is 1 unless another is named. */
  readonly examples?: Readonly<Record<string, string | number>>;
  /** True for names that the former service's clients use. */
  readonly deprecated?: boolean;
}

export const TAGS = {
  Accounts: 'Registering, signing in, and ending sessions.',
  Users: 'The profile of the signed-in user, and finding others.',
  Channels: 'Groups and direct channels, and who is in them.',
  Messages: 'Sending, reading, editing and deleting; where each conversation stands.',
  Live: 'Who is connected, over all nodes, and what admins may do about it.',
  System: 'For operators and their tools: not part of the API, not limited.',
} as const;

export type Tag = keyof typeof TAGS;

/** The codes of a route that takes a JSON body. */
export const BODY_ERRORS = [
  'VALIDATION_FAILED',
  'MALFORMED_JSON',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
] as const satisfies readonly ErrorCode[];

/** Where a validator looks; `queryOrJson` for fields that may be in either. */
export type Target = 'param' | 'query' | 'json' | 'queryOrJson';

export interface Marks {
  readonly operation?: Operation;
  readonly input?: { readonly target: Target; readonly schema: z.ZodType };
}

const MARKS = Symbol('what this handler says for the document');

/** Puts marks on a handler. */
export function marked<H extends object>(handler: H, marks: Marks): H {
  return Object.assign(handler, { [MARKS]: marks });
}

export function marksOf(handler: object): Marks {
  return (handler as { [MARKS]?: Marks })[MARKS] ?? {};
}

/** Describes the route that it stands in. It does nothing to a request. */
export function describe(operation: Operation): MiddlewareHandler {
  return marked<MiddlewareHandler>((_c, next) => next(), { operation });
}
