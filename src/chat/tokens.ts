// Access tokens: JSON Web Tokens signed with HS256, issued here or by the former service with the same secret.
import { sign } from 'hono/jwt';
import type { Clock } from '../backends/clock/clock.ts';
import { decode } from '../protocol/decode.ts';
import { id as idField } from '../protocol/fields.ts';
import { durationSeconds } from './duration.ts';
import type { TokenClaims } from './principal.ts';

const ALGORITHM = 'HS256';
/** `{"alg":"HS256","typ":"JWT"}`, which nearly all tokens begin with. */
const USUAL_HEAD = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9';
const BEYOND_ASCII = /[\u0080-\u00ff]/;
const CACHE_SIZE = 10_000;

/** The HMAC-SHA-256 of a text under the service's secret, in base64url. */
export type Signature = (text: string) => string;

export interface TokensOptions {
  readonly secret: string;
  /** Of the same secret. Handed in, for what is portable here imports the key and visits a thread for each token. */
  readonly signature: Signature;
  /** Of other secrets whose tokens are good too, such as the last and the next one. A bad token costs one of each. */
  readonly accepted?: readonly Signature[];
  /** How long a token is good: `24h`, `7d`, or seconds. */
  readonly expiresIn: string;
  readonly clock: Clock;
}

export interface Tokens {
  issue(user: { readonly id: number; readonly email: string; readonly username: string }): Promise<string>;
  /** Gives undefined for whatever is no valid token at this moment. Never rejects. */
  verify(token: string): Promise<TokenClaims | undefined>;
}

/** Throws a RangeError where `expiresIn` is no duration. */
export function createTokens({ secret, signature, accepted = [], expiresIn, clock }: TokensOptions): Tokens {
  const lifetime = durationSeconds(expiresIn);
  if (lifetime === undefined) throw new RangeError(`Cannot issue tokens: "${expiresIn}" is no duration`);
  // Good tokens only, the longest unused first: what is refused costs a few signatures and no memory.
  const cache = new Map<string, TokenClaims>();
  const signatures = [signature, ...accepted];

  function remember(token: string, claims: TokenClaims): void {
    cache.delete(token);
    cache.set(token, claims);
    if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  }

  function check(token: string): TokenClaims | undefined {
    const payload = readPayload(token, signatures);
    return payload && toClaims(payload, clock.now());
  }

  return {
    issue({ id, email, username }) {
      const iat = Math.floor(clock.now() / 1000);
      return sign({ userId: id, email, username, iat, exp: iat + lifetime }, secret, ALGORITHM);
    },

    async verify(token) {
      const claims = cache.get(token) ?? check(token);
      if (claims && claims.expiresAt > clock.now()) {
        remember(token, claims);
        return claims;
      }
      cache.delete(token);
      return undefined;
    },
  };
}

/** The payload of a token that one of our secrets signed. Times are not looked at: the clock here is not the library's. */
function readPayload(token: string, signatures: readonly Signature[]): Record<string, unknown> | undefined {
  const [head, body, given, ...more] = token.split('.');
  if (given === undefined || more.length > 0) return undefined;
  if (!signatures.some((signature) => isSame(given, signature(`${head}.${body}`)))) return undefined;
  try {
    const payload = isOurAlgorithm(head as string) ? parsePart(body as string) : undefined;
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : undefined;
  } catch {
    // Whatever is wrong with it: it is no token of ours.
    return undefined;
  }
}

function isOurAlgorithm(head: string): boolean {
  return head === USUAL_HEAD || (parsePart(head) as { alg?: unknown } | null)?.alg === ALGORITHM;
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

/** `iat` says nothing about validity: nodes' clocks differ. */
function toClaims(payload: Record<string, unknown>, now: number): TokenClaims | undefined {
  const user = decode(idField, payload.userId ?? payload.id);
  const expiresAt = toMilliseconds(payload.exp, Number.POSITIVE_INFINITY);
  const notBefore = toMilliseconds(payload.nbf, 0);
  if (!user.ok || !(expiresAt > now) || !(notBefore <= now)) return undefined;
  return { userId: user.data, expiresAt };
}

/** A claim in seconds; NaN, which fails every comparison, where it is no number. */
function toMilliseconds(claim: unknown, absent: number): number {
  if (claim === undefined) return absent;
  return typeof claim === 'number' ? claim * 1000 : Number.NaN;
}
