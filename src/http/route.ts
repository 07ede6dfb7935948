// A REST call, defined once: from its definition come validation, sign-in, limits and the published document.
import type { z } from 'zod';
import type { Actor, Principal, TokenClaims } from '../chat/accounts/principal.ts';
import type { Deadline } from '../lib/deadline.ts';
import type { ErrorCode } from '../protocol/errors.ts';
import type { Answer } from './answer.ts';
import type { AppDependencies } from './dependencies.ts';

export const TAGS = {
  Accounts: 'Registering, signing in, and ending sessions.',
  Users: 'The profile of the signed-in user, and finding others.',
  Channels: 'Groups and direct channels, and who is in them.',
  Messages: 'Sending, reading, editing and deleting; where each conversation stands.',
  Live: 'Who is connected, over all nodes, and what admins may do about it.',
  System: 'For operators and their tools: not part of the API, not limited.',
} as const;

/** What a call is told of itself, whoever may call it. */
interface AnyCall {
  /** The address that the client is counted by. */
  address(): string;
}

interface TimedCall extends AnyCall {
  /** What is done for the call is to be done by then. */
  readonly deadline: Deadline;
}

interface AccountCall extends TimedCall {
  readonly principal: Principal;
  /** What the token of this call says. */
  readonly token: TokenClaims;
}

/** Who may call, and what `run` is told of who does. */
interface Calls {
  /** Everybody, without limits of rate and time: no part of the API. */
  open: AnyCall;
  /** Everybody. Counted by address. */
  public: TimedCall;
  /**
   * Whoever has a valid token. The account is not looked up: the statement that acts finds out whether it is still
   * there, and throws UNAUTHORIZED.
   */
  token: TimedCall & { readonly actor: Actor };
  /** Signed-in users. Their account was looked up. */
  account: AccountCall;
  /** Signed-in users who are admins; others get FORBIDDEN. */
  admin: AccountCall;
}

export type Access = keyof Calls;

/** Who calls, whichever access there is. */
export type Caller = Partial<Pick<Calls['token'], 'actor'> & Pick<AccountCall, 'principal' | 'token'>>;

/** What the published document says of a call, beside its parameters and its body. */
export interface Description {
  /** Unique and stable, because it names the call in generated clients: a verb first. */
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  /** What the summary leaves out: who may, and what is worth knowing. */
  readonly description: string;
  /** By status: when it is given, and the shape of the body, which is JSON unless it is said to be text. */
  readonly answers: Readonly<Record<number, readonly [when: string, body: z.ZodType | 'text']>>;
  /** Codes of its own. Those of validation, sign-in, limits, time and admins follow from the rest. */
  readonly errors?: readonly ErrorCode[];
  /** A body that works as it stands in a service in which the examples were called in the order of the document. */
  readonly example?: object;
  /** Values for the parameters that work in the same way; an id is 1 unless another is named. */
  readonly examples?: Readonly<Record<string, string | number>>;
  /** True for names that the former service's clients use. */
  readonly deprecated?: boolean;
}

/** Where a call is, who may make it, what has to be valid, and what is done then. */
interface Definition<
  A extends Access = Access,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  F extends z.ZodType = z.ZodType,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As Hono writes it: `/api/v1/channels/:id`. */
  readonly path: string;
  readonly access: A;
  /** Which limit counts it; `general` unless said otherwise. What is open has none. */
  readonly limit?: 'general' | 'auth';
  readonly params?: P;
  /** Of a repeated name the first counts. */
  readonly query?: Q;
  /** A JSON body. */
  readonly body?: B;
  /** Fields that may be in the query or in a JSON body: for methods whose body some intermediaries drop. */
  readonly fields?: F;
  /** Throws a ChatError with one of the codes that the description names. */
  run(call: Call<A, P, Q, B, F>): Answer | Promise<Answer>;
}

/** What `run` is given: what it has no schema for is undefined. */
export type Call<
  A extends Access,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  F extends z.ZodType = z.ZodType,
> = Calls[A] & Input<z.output<P>, z.output<Q>, z.output<B>, z.output<F>>;

/** What came with a request and has passed its schemas. */
export interface Input<P = unknown, Q = unknown, B = unknown, F = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly fields: F;
}

/** What is served. Without an `id` it is not in the published document. */
export type Route = Definition & Partial<Description>;

/** The routes of one noun, in the order of the published document. */
export type Routes = ReadonlyArray<(deps: AppDependencies) => Route>;

export type DocumentedRoute = Definition & Description;

/** A call of the REST interface. */
export function defineRoute<
  A extends Access,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  F extends z.ZodType = z.ZodUndefined,
>(route: Definition<A, P, Q, B, F> & Description): Route {
  return route;
}

/** What the published document leaves out: itself, its page, and where WebSocket connections are opened. */
export function defineUnlisted<A extends Access, P extends z.ZodType = z.ZodUndefined>(
  route: Definition<A, P, z.ZodUndefined, z.ZodUndefined, z.ZodUndefined>,
): Route {
  return route;
}
