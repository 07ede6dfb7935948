// Access tokens: JSON Web Tokens signed with HS256, issued here or by the former service with the same secret.
import { sign, verify } from 'hono/jwt';
import type { Clock } from '../../backends/clock/clock.ts';
import { durationSeconds } from '../../lib/duration.ts';
import { decode } from '../../protocol/decode.ts';
import { id as idField } from '../../protocol/fields.ts';
import type { TokenClaims } from './principal.ts';
import type { SessionEnds } from './session-ends.ts';

const ALGORITHM = 'HS256';
/** Times are not looked at: the library's clock is not ours. Nor is `aud`: see `toClaims`. */
const SIGNED_BY_US = { alg: ALGORITHM, exp: false, nbf: false, iat: false } as const;
/**
 * 32 bytes in base64url as they are written once. The library reads others as the same bytes, and what is no longer the
 * token that was issued is not known by the id of an ended one.
 */
const SIGNATURE = /\.[\w-]{42}[AEIMQUYcgkosw048]$/;
const CACHE_SIZE = 10_000;

/** A key of the platform's, whose type not every runtime names. */
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The SHA-256 of a text, in base64url. */
export type Digest = (text: string) => string;

export interface TokensOptions {
  readonly secret: string;
  /** Other secrets whose tokens are good too, such as the last and the next one. A bad token costs a look by each. */
  readonly accepted?: readonly string[];
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
  const { secret, accepted = [], expiresIn, digest, ends, wasEnded, clock } = options;
  const lifetime = durationSeconds(expiresIn);
  if (lifetime === undefined) throw new RangeError(`Cannot issue tokens: "${expiresIn}" is no duration`);
  // Good tokens only, the longest unused first: what is refused costs a few signatures and no memory.
  const cache = new Map<string, Known>();
  const keys = [secret, ...accepted].map(keyOf);

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
    const payload = await readPayload(token, keys);
    if (payload === undefined) return FORGED;
    const claims = toClaims(payload, digest(token), lifetime as number, clock.now());
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
    async issue({ id, email, username }, generation = 0) {
      const iat = Math.floor(clock.now() / 1000);
      const jti = crypto.randomUUID();
      return sign(
        { userId: id, email, username, iat, exp: iat + lifetime, jti, gen: generation },
        await (keys[0] as Promise<Key>),
        ALGORITHM,
      );
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

/** Made once: given a text, the library would make the key for each token, and take one that looks like PEM for PEM. */
function keyOf(secret: string): Promise<Key> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  return crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign', 'verify']);
}

/** The payload of a token that one of these keys signed. Undefined where none did, whatever is wrong with it. */
async function readPayload(token: string, keys: ReadonlyArray<Promise<Key>>): Promise<unknown> {
  if (!SIGNATURE.test(token)) return undefined;
  for (const key of keys) {
    const payload = await verify(token, await key, SIGNED_BY_US).catch(() => undefined);
    if (payload !== undefined) return payload;
  }
  return undefined;
}

/**
 * `iat` says nothing about validity where there is an `exp`: nodes' clocks differ. No audience is known here, so a token
 * that names one is for somebody else.
 */
function toClaims(payload: unknown, tokenId: string, lifetime: number, now: number): Known | undefined {
  const { userId, id, exp, iat, nbf, aud, gen } = Object(payload) as Record<string, unknown>;
  const user = decode(idField, userId ?? id);
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
