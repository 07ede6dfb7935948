// Access tokens: JSON Web Tokens signed with HS256, issued here or by the former service with the same secret.
import { sign } from 'hono/jwt';
import type { Clock } from '../../backends/clock/clock.ts';
import { durationSeconds } from '../../lib/duration.ts';
import { decode } from '../../protocol/decode.ts';
import { id as idField } from '../../protocol/fields.ts';
import type { TokenClaims } from './principal.ts';
import type { SessionEnds } from './session-ends.ts';

const ALGORITHM = 'HS256';
/** `{"alg":"HS256","typ":"JWT"}`, which nearly all tokens begin with. */
const USUAL_HEAD = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';
const BEYOND_ASCII = /[\u0080-\u00ff]/;
const CACHE_SIZE = 10_000;

/** The HMAC-SHA-256 of a text under the service's secret, in base64url. */
export type Signature = (text: string) => string;

/** The SHA-256 of a text, in base64url. */
export type Digest = (text: string) => string;

export interface TokensOptions {
  readonly secret: string;
  /** Of the same secret. Handed in, for what is portable here imports the key and visits a thread for each token. */
  readonly signature: Signature;
  /** Of other secrets whose tokens are good too, such as the last and the next one. A bad token costs one of each. */
  readonly accepted?: readonly Signature[];
  /** What tokens are told apart by. */
  readonly digest: Digest;
  /** How long a token is good: `24h`, `7d`, or seconds. Also one that does not say, from its `iat` on. */
  readonly expiresIn: string;
  /** Tokens that were ended. */
  readonly ends: Pick<SessionEnds, 'isEnded' | 'covers' | 'version'>;
  /** Whether this one was, where `ends` cannot know. */
  readonly wasEnded: (claims: TokenClaims) => Promise<boolean>;
  readonly clock: Clock;
}

/** Whom a token is issued to, and after how many ends of all of their sessions. */
export interface TokenUser {
  readonly id: number;
  readonly email: string;
  readonly username: string;
}

/** What is known of a token. `isForged`: none of our secrets signed it; else it was good once, or is for something else. */
export type Judgement = { readonly claims: TokenClaims } | { readonly claims: undefined; readonly isForged: boolean };

export interface Tokens {
  /** `generation`: how often the user has ended all sessions. No two tokens are the same. */
  issue(user: TokenUser, generation?: number): Promise<string>;
  /** Rejects like the database where only that knows whether the token was ended; that is one issued long ago. */
  judge(token: string): Promise<Judgement>;
  /** Gives undefined for whatever is no valid token at this moment. Rejects like `judge`. */
  verify(token: string): Promise<TokenClaims | undefined>;
}

interface Known extends TokenClaims {
  /** The version of the ends by which it is good. */
  checked: number;
}

const FORGED: Judgement = { claims: undefined, isForged: true };
const NOT_GOOD: Judgement = { claims: undefined, isForged: false };

/** Throws a RangeError where `expiresIn` is no duration. */
export function createTokens(options: TokensOptions): Tokens {
  const { secret, signature, accepted = [], expiresIn, digest, ends, wasEnded, clock } = options;
  const lifetime = durationSeconds(expiresIn);
  if (lifetime === undefined) throw new RangeError(`Cannot issue tokens: "${expiresIn}" is no duration`);
  // Good tokens only, the longest unused first: what is refused costs a few signatures and no memory.
  const cache = new Map<string, Known>();
  const signatures = [signature, ...accepted];

  function remember(token: string, known: Known): void {
    cache.delete(token);
    cache.set(token, known);
    if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  }

  /** Whether a token that was good is good still. */
  function isGood(known: Known): boolean {
    if (known.expiresAt <= clock.now()) return false;
    if (known.checked === ends.version) return true;
    if (ends.isEnded(known)) return false;
    known.checked = ends.version;
    return true;
  }

  async function judgeUnknown(token: string): Promise<Judgement> {
    const payload = readPayload(token, signatures);
    if (payload === 'forged') return FORGED;
    const claims = payload && toClaims(payload, digest(token), lifetime as number, clock.now());
    if (!claims || (!ends.covers(claims) && (await wasEnded(claims)))) return NOT_GOOD;
    if (ends.isEnded(claims)) return NOT_GOOD;
    claims.checked = ends.version;
    remember(token, claims);
    return { claims };
  }

  async function judge(token: string): Promise<Judgement> {
    const known = cache.get(token);
    if (!known) return judgeUnknown(token);
    if (isGood(known)) {
      remember(token, known);
      return { claims: known };
    }
    cache.delete(token);
    return NOT_GOOD;
  }

  return {
    issue({ id, email, username }, generation = 0) {
      const iat = Math.floor(clock.now() / 1000);
      const jti = crypto.randomUUID();
      return sign({ userId: id, email, username, iat, exp: iat + lifetime, jti, gen: generation }, secret, ALGORITHM);
    },
    judge,
    async verify(token) {
      const known = cache.get(token);
      if (known === undefined || !isGood(known)) return (await judge(token)).claims;
      // Nothing is waited for where the token is known to be good.
      remember(token, known);
      return known;
    },
  };
}

/** The payload of a token that one of our secrets signed. Times are not looked at: the clock here is not the library's. */
function readPayload(token: string, signatures: readonly Signature[]): Record<string, unknown> | 'forged' | undefined {
  const [head, body, given, ...more] = token.split('.');
  if (given === undefined || more.length > 0) return 'forged';
  if (!signatures.some((signature) => isSame(given, signature(`${head}.${body}`)))) return 'forged';
  try {
    const payload = isOurAlgorithm(head as string) ? parsePart(body as string) : undefined;
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : undefined;
  } catch {
    // Whatever is wrong with it: it is no token of ours.
    return undefined;
  }
}

/** No header is known here whose meaning one has to know (`crit`). */
function isOurAlgorithm(head: string): boolean {
  if (head === USUAL_HEAD) return true;
  const header = parsePart(head) as { alg?: unknown; crit?: unknown } | null;
  return header?.alg === ALGORITHM && header.crit === undefined;
}

/** What the JSON in a part of a token says. Throws where it is none. */
function parsePart(part: string): unknown {
  const bytes = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
  return JSON.parse(BEYOND_ASCII.test(bytes) ? fromUtf8(bytes) : bytes);
}

function fromUtf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** Takes the same time wherever the first difference is, so that no signature can be guessed piece by piece. */
function isSame(given: string, right: string): boolean {
  let difference = given.length ^ right.length;
  for (let at = 0; at < right.length; at++) difference |= given.charCodeAt(at) ^ right.charCodeAt(at);
  return difference === 0;
}

/**
 * `iat` says nothing about validity where there is an `exp`: nodes' clocks differ. No audience is known here, so a token
 * that names one is for somebody else.
 */
function toClaims(payload: Record<string, unknown>, tokenId: string, lifetime: number, now: number): Known | undefined {
  const { exp, iat, nbf, aud, gen } = payload;
  const user = decode(idField, payload.userId ?? payload.id);
  const issuedAt = Number.isFinite(iat) ? (iat as number) * 1000 : undefined;
  const expiresAt = toMilliseconds(exp, (issuedAt ?? Number.NaN) + lifetime * 1000);
  if (!user.ok || aud !== undefined || !(expiresAt > now) || !(toMilliseconds(nbf, 0) <= now)) return undefined;
  const generation = Number.isSafeInteger(gen) ? (gen as number) : undefined;
  return { userId: user.data, expiresAt, tokenId, issuedAt, generation, checked: -1 };
}

/** A claim in seconds; NaN, which fails every comparison, where it is no number. */
function toMilliseconds(claim: unknown, absent: number): number {
  if (claim === undefined) return absent;
  return typeof claim === 'number' ? claim * 1000 : Number.NaN;
}
