// Access tokens: JSON Web Tokens signed with HS256, issued here or by the former service with the same secret.
import { sign, verify } from 'hono/jwt';
import type { Clock } from '../../backends/clock/clock.ts';
import { durationSeconds } from '../../lib/duration.ts';
import { decode } from '../../protocol/decode.ts';
import { id as idField } from '../../protocol/fields.ts';
import type { TokenClaims } from './principal.ts';
import type { SessionEnds } from './session-ends.ts';

const ALGORITHM = 'HS256';
/** The library checks no times, because it has its own clock, and no `aud`: see `toClaims`. */
const SIGNED_BY_US = { alg: ALGORITHM, exp: false, nbf: false, iat: false } as const;
/**
 * 32 bytes in the canonical form of base64url. The library accepts other spellings of the same bytes, but a token in
 * another spelling has another id, so ending it would not end the spelling.
 */
const SIGNATURE = /\.[\w-]{42}[AEIMQUYcgkosw048]$/;
const CACHE_SIZE = 10_000;

/** A key of the platform; not every runtime names its type. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The SHA-256 of a text, in base64url. */
export type Digest = (text: string) => string;

export interface TokensOptions {
  readonly secret: string;
  /** Other secrets whose tokens are valid too, such as the last and the next one. A bad token is checked with each. */
  readonly accepted?: readonly string[];
  /** Makes the ids of tokens. */
  readonly digest: Digest;
  /** How long a token is valid: `24h`, `7d`, or seconds. A token without `exp` is valid that long after its `iat`. */
  readonly expiresIn: string;
  /** Tokens that were ended. */
  readonly ends: Pick<SessionEnds, 'isEnded' | 'covers' | 'version'>;
  /** Whether a token was ended, if `ends` does not reach back so far. */
  readonly wasEnded: (claims: TokenClaims) => Promise<boolean>;
  readonly clock: Clock;
}

/** The user to whom a token is issued. */
export interface TokenUser {
  readonly id: number;
  readonly email: string;
  readonly username: string;
}

/** The result for a token. `isForged`: none of our secrets signed it. If one did, it is over, or for something else. */
export type TokenResult = { readonly claims: TokenClaims } | { readonly claims: undefined; readonly isForged: boolean };

export interface Tokens {
  /** `generation`: how often the user has ended all sessions. Every token is different. */
  issue(user: TokenUser, generation?: number): Promise<string>;
  /** Rejects if the database does. It is asked only about tokens that were issued long ago. */
  inspect(token: string): Promise<TokenResult>;
  /** Returns undefined if the token is not valid now. Rejects like `inspect`. */
  verify(token: string): Promise<TokenClaims | undefined>;
}

interface CachedToken extends TokenClaims {
  /** The version of the ends with which it was last checked. */
  checkedVersion: number;
}

const FORGED: TokenResult = { claims: undefined, isForged: true };
const INVALID: TokenResult = { claims: undefined, isForged: false };

/** Throws a RangeError if `expiresIn` is not a duration. */
export function createTokens(options: TokensOptions): Tokens {
  const { secret, accepted = [], expiresIn, digest, ends, wasEnded, clock } = options;
  const lifetime = durationSeconds(expiresIn);
  if (lifetime === undefined) throw new RangeError(`Cannot issue tokens: "${expiresIn}" is no duration`);
  // Only valid tokens, the longest unused first. A refused token costs a few signatures and no memory.
  const cache = new Map<string, CachedToken>();
  const keys = [secret, ...accepted].map(keyOf);

  function remember(token: string, known: CachedToken): void {
    cache.delete(token);
    cache.set(token, known);
    if (cache.size > CACHE_SIZE) cache.delete(cache.keys().next().value as string);
  }

  /** Whether a token that was valid is still valid. */
  function isStillValid(known: CachedToken): boolean {
    if (known.expiresAt <= clock.now()) return false;
    if (known.checkedVersion === ends.version) return true;
    if (ends.isEnded(known)) return false;
    known.checkedVersion = ends.version;
    return true;
  }

  async function inspectUnknown(token: string): Promise<TokenResult> {
    const payload = await readPayload(token, keys);
    if (payload === undefined) return FORGED;
    const claims = toClaims(payload, digest(token), lifetime as number, clock.now());
    if (!claims || (!ends.covers(claims) && (await wasEnded(claims)))) return INVALID;
    if (ends.isEnded(claims)) return INVALID;
    claims.checkedVersion = ends.version;
    remember(token, claims);
    return { claims };
  }

  async function inspect(token: string): Promise<TokenResult> {
    const known = cache.get(token);
    if (!known) return inspectUnknown(token);
    if (isStillValid(known)) {
      remember(token, known);
      return { claims: known };
    }
    cache.delete(token);
    return INVALID;
  }

  return {
    async issue({ id, email, username }, generation = 0) {
      const iat = Math.floor(clock.now() / 1000);
      const jti = crypto.randomUUID();
      return sign(
        { userId: id, email, username, iat, exp: iat + lifetime, jti, gen: generation },
        await (keys[0] as Promise<Key>),
        ALGORITHM,
      );
    },
    inspect,
    async verify(token) {
      const known = cache.get(token);
      if (known === undefined || !isStillValid(known)) return (await inspect(token)).claims;
      // Awaits nothing if the token is known to be valid.
      remember(token, known);
      return known;
    },
  };
}

/** Imported once: the library would import a string for each token, and read one that looks like PEM as PEM. */
function keyOf(secret: string): Promise<Key> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify']);
}

/** The payload of a token that one of these keys signed. Returns undefined if none did, or if it is malformed. */
async function readPayload(token: string, keys: ReadonlyArray<Promise<Key>>): Promise<unknown> {
  if (!SIGNATURE.test(token)) return undefined;
  for (const key of keys) {
    const payload = await verify(token, await key, SIGNED_BY_US).catch(() => undefined);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

/**
 * If there is an `exp`, `iat` does not count, because the clocks of nodes differ. This service has no audience, so a
 * token with an `aud` is for another service.
 */
function toClaims(payload: unknown, tokenId: string, lifetime: number, now: number): CachedToken | undefined {
  const { userId, id, exp, iat, nbf, aud, gen } = Object(payload) as Record<string, unknown>;
  const user = decode(idField, userId ?? id);
  const issuedAt = Number.isFinite(iat) ? (iat as number) * 1000 : undefined;
  const expiresAt = toMilliseconds(exp, (issuedAt ?? Number.NaN) + lifetime * 1000);
  if (!user.ok || aud !== undefined || !(expiresAt > now) || !(toMilliseconds(nbf, 0) <= now)) return undefined;
  const generation = Number.isSafeInteger(gen) ? (gen as number) : undefined;
  return { userId: user.data, expiresAt, tokenId, issuedAt, generation, checkedVersion: -1 };
}

/** Converts a claim in seconds. Returns NaN, which fails every comparison, if it is not a number. */
function toMilliseconds(claim: unknown, absent: number): number {
  if (claim === undefined) return absent;
  return typeof claim === 'number' ? claim * 1000 : Number.NaN;
}
