// Which sign-ins were ended before their tokens run out, as far as this node knows: the latest ends, in memory.
import type { TokenClaims } from './principal.ts';

/** One token was ended. Times are milliseconds since 1970, by the database's clock. */
export interface TokenEnd {
  readonly tokenId: string;
  readonly userId: number;
  readonly endedAt: number;
}

/** All tokens of a user were ended but one. */
export interface Cutoff {
  readonly userId: number;
  /** Tokens of this generation and later ones are good. */
  readonly generation: number;
  readonly keptTokenId: string | null;
  readonly endedAt: number;
}

export type SessionEnd = TokenEnd | Cutoff;

export interface SessionEnds {
  /** True where that was not known. */
  note(end: SessionEnd): boolean;
  /** Whether the token was ended, by what is known here. */
  isEnded(claims: TokenClaims): boolean;
  /** False where what ended this token may have been so long ago that only the database knows. */
  covers(claims: TokenClaims): boolean;
  /** All that was ended after this is known now: milliseconds since 1970. Before the first call nothing is. */
  reachBackTo(time: number): void;
  /** Changes with each end that becomes known. */
  readonly version: number;
}

/** Clocks of nodes and database differ by less. */
const CLOCKS_DIFFER_MS = 86_400_000;

/** Keeps `max` ends, the latest. */
export function createSessionEnds(max: number): SessionEnds {
  // Tokens by their id, cutoffs by the user's; the earliest noted first.
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
    if (ends.size > max) forgetFirst();
    return true;
  }

  function forgetFirst(): void {
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
 * Our tokens say their generation, so no clock decides about them. Those of the former service and of versions before say
 * only when they were issued, to the second: what was issued in the very second of the cutoff counts as before it.
 */
export function isCutOff({ tokenId, generation, issuedAt }: TokenClaims, cutoff: Cutoff): boolean {
  if (tokenId === cutoff.keptTokenId) return false;
  if (generation !== undefined) return generation < cutoff.generation;
  return issuedAt === undefined || issuedAt <= cutoff.endedAt;
}
