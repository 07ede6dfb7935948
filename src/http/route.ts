// Defines a REST call once: validation, sign-in, limits and the published document follow from the definition.
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
  Conversations: 'All channels and direct messages of a user, as that user sees them.',
  Live: 'Who is connected, over all nodes, and what admins may do about it.',
  System: 'For operators and their tools: not part of the API, not limited.',
} as const;

/** What every call is given, whatever its access. */
interface AnyCall {
  /** The address that the client is counted by. */
  address(): string;
}

interface TimedCall extends AnyCall {
  /** All work for the call must be done by then. */
  readonly deadline: Deadline;
}

interface AccountCall extends TimedCall {
  readonly principal: Principal;
  /** What the token of this call says. */
  readonly token: TokenClaims;
}

/** Who may call, and what `run` is told about the caller. */
interface Calls {
  /** Everybody, without limits of rate and time. Such calls are not part of the API. */
  open: AnyCall;
  /** Everybody. Calls are counted by address. */
  public: TimedCall;
  /**
   * Everybody with a valid token. The account is not looked up, because the statement that acts throws UNAUTHORIZED if
   * the account is gone.
   */
  token: TimedCall & { readonly actor: Actor };
  /** Signed-in users. Their account was looked up. */
  account: AccountCall;
  /** Signed-in users who are admins; others get FORBIDDEN. */
  admin: AccountCall;
}

export type Access = keyof Calls;

/** The caller, for any kind of access. */
export type Caller = Partial<Pick<Calls['token'], 'actor'> & Pick<AccountCall, 'principal' | 'token'>>;

/** What the published document says about a call, besides its parameters and its body. */
export interface Description {
  /** Unique and stable, because it names the call in generated clients: a verb first. */
  readonly id: string;
  readonly tag: keyof typeof TAGS;
  readonly summary: string;
  /** What the summary leaves out: who may call, and what else is worth knowing. */
  readonly description: string;
  /** By status: when the call answers with it, and the schema of the JSON body, or `text` for plain text. */
  readonly answers: Readonly<Record<number, readonly [when: string, body: z.ZodType | 'text']>>;
  /** Codes of this call only. Those of validation, sign-in, limits, time and admins follow from the rest. */
  readonly errors?: readonly ErrorCode[];
  /** A body that works as it is, if the examples are called in the order of the document. */
  readonly example?: object;
  /** Parameters that work in the same way. A parameter of the path is 1 unless it is named here. */
  readonly examples?: Readonly<Record<string, string | number>>;
  /** True for names that the former service's clients use. */
  readonly deprecated?: boolean;
}

/** The path of a call, who may make it, what must be valid, and what it does. */
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
  /** Which rate limit counts the call; `general` by default. Open calls have none. */
  readonly limit?: 'general' | 'auth';
  readonly params?: P;
  /** If a name is repeated, the first value counts. */
  readonly query?: Q;
  /** A JSON body. */
  readonly body?: B;
  /** Fields that may be in the query or in a JSON body, because some intermediaries drop the body of some methods. */
  readonly fields?: F;
  /** Throws a ChatError with one of the codes that the description names. */
  run(call: Call<A, P, Q, B, F>): Answer | Promise<Answer>;
}

/** What `run` is given. Input without a schema is undefined. */
export type Call<
  A extends Access,
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  F extends z.ZodType = z.ZodType,
> = Calls[A] & Input<z.output<P>, z.output<Q>, z.output<B>, z.output<F>>;

/** The validated input of a request. */
export interface Input<P = unknown, Q = unknown, B = unknown, F = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly fields: F;
}

/** A route that is served. Without an `id` it is not in the published document. */
export type Route = Definition & Partial<Description>;

/** The routes of one resource, in the order of the published document. */
export type Routes = ReadonlyArray<(deps: AppDependencies) => Route>;

export type DocumentedRoute = Definition & Description;

/** Defines a call of the REST interface. */
export function defineRoute<
  A extends Access,
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  F extends z.ZodType = z.ZodUndefined,
>(route: Definition<A, P, Q, B, F> & Description): Route {
  return route;
}

/** Defines a route that the published document leaves out: itself, its page, and the address of WebSockets. */
export function defineUnlisted<A extends Access, P extends z.ZodType = z.ZodUndefined>(
  route: Definition<A, P, z.ZodUndefined, z.ZodUndefined, z.ZodUndefined>,
): Route {
  return route;
}
