// The ends of sessions that this node knows: it keeps the latest in memory.
import type { TokenClaims } from './principal.ts';

/** One token was ended. Times are milliseconds since 1970, by the database's clock. */
export interface TokenEnd {
  readonly tokenId: string;
  readonly userId: number;
  readonly endedAt: number;
}

/** All tokens of a user were ended except one. */
export interface Cutoff {
  readonly userId: number;
  /** Tokens of this generation and later ones are valid. */
  readonly generation: number;
  readonly keptTokenId: string | null;
  readonly endedAt: number;
}

export type SessionEnd = TokenEnd | Cutoff;

export interface SessionEnds {
  /** Returns true if the end was not known before. */
  note(end: SessionEnd): boolean;
  /** Whether one of the known ends ended the token. */
  isEnded(claims: TokenClaims): boolean;
  /** False if an end of this token may be so old that only the database knows it. */
  covers(claims: TokenClaims): boolean;
  /** Says that all ends after this time are known: milliseconds since 1970. Before the first call none are. */
  reachBackTo(time: number): void;
  /** Changes with each new end. */
  readonly version: number;
}

/** The clocks of nodes and the database differ by less than this. */
const CLOCKS_DIFFER_MS = 86_400_000;

/** Keeps the latest `max` ends. */
export function createSessionEnds(max: number): SessionEnds {
  // Token ends by the token's id, cutoffs by the user's id, in the order in which they became known.
  const ends = new Map<string | number, SessionEnd>();
  let horizon = Number.POSITIVE_INFINITY;
  let version = 0;

  function note(end: SessionEnd): boolean {
    const key = 'tokenId' in end ? end.tokenId : end.userId;
    const known = ends.get(key);
    if (known && !isLater(end, known)) return false;
    ends.delete(key);
    ends.set(key, end);
    version += 1;
    if (ends.size > max) dropOldest();
    return true;
  }

  function dropOldest(): void {
    const [first] = ends;
    if (!first) return;
    ends.delete(first[0]);
    horizon = Math.max(horizon, first[1].endedAt);
  }

  return {
    note,
    isEnded(claims) {
      const cutoff = ends.get(claims.userId) as Cutoff | undefined;
      return ends.has(claims.tokenId) || (cutoff !== undefined && isCutOff(claims, cutoff));
    },
    covers: ({ issuedAt }) =>
      horizon === Number.NEGATIVE_INFINITY || (issuedAt !== undefined && issuedAt - CLOCKS_DIFFER_MS > horizon),
    reachBackTo(time) {
      horizon = time;
    },
    get version() {
      return version;
    },
  };
}

function isLater(end: SessionEnd, known: SessionEnd): boolean {
  return 'generation' in end && 'generation' in known && end.generation > known.generation;
}

/**
 * Our tokens carry their generation, so no clock decides about them. Tokens of the former service and of older versions
 * carry only the second in which they were issued. A token issued in the second of the cutoff counts as before it.
 */
export function isCutOff({ tokenId, generation, issuedAt }: TokenClaims, cutoff: Cutoff): boolean {
  if (tokenId === cutoff.keptTokenId) return false;
  if (generation !== undefined) return generation < cutoff.generation;
  return issuedAt === undefined || issuedAt <= cutoff.endedAt;
}
