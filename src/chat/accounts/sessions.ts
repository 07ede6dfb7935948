// Ends sessions before their tokens expire. The database stores the ends. Each node reads new ones every second, and at
// once if another node says so. It keeps them in memory, where tokens are verified.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createSingleFlight } from '../../lib/single-flight.ts';
import type { TokenClaims } from './principal.ts';
import { type Cutoff, isCutOff, type SessionEnd, type SessionEnds } from './session-ends.ts';

export interface Sessions {
  /** Ends this token. Resolves when this node no longer accepts it. */
  end(claims: TokenClaims): Promise<void>;
  /** Ends all tokens of its user except this one. */
  endOthers(claims: TokenClaims): Promise<void>;
  /** Makes this node and the others read what was ended in the database. */
  propagate(): Promise<void>;
  /** Reads what was ended since the last time. Rejects if the database does. */
  refresh(): Promise<void>;
  /** Asks the database about one token, if memory does not reach back so far. Rejects if the database does. */
  wasEnded(claims: TokenClaims): Promise<boolean>;
}

export interface SessionsDependencies {
  readonly db: Database;
  readonly ends: SessionEnds;
  /** How many ends are read at once: as many as `ends` keeps. */
  readonly maxEnds: number;
  /** Tells the other nodes to refresh. May be lost. */
  readonly notifyOtherNodes: () => void;
  /** Tokens of these users were ended: closes the connections that used them. */
  readonly recheck: (userIds: Iterable<number>) => void;
}

/** A transaction may commit this long after the time that it stored. */
const OVERLAP = sql`interval '60 seconds'`;
/** Each call deletes some ended tokens that expired. It waits a day, because clocks differ. */
const PURGED_PER_CALL = 20;
/** The end of the year 9999. A token may claim to be valid for longer than PostgreSQL can store. */
const LATEST_MS = 253_402_300_799_000;

const now = sql`clock_timestamp() at time zone 'utc'`;
const milliseconds = (column: string) => sql`(extract(epoch from ${sql.identifier(column)}) * 1000)::float8`;

export function createSessions(deps: SessionsDependencies): Sessions {
  const { db, ends } = deps;
  const singleFlight = createSingleFlight<void>();
  /** When the ends were last read, by the database's clock. */
  let readAt: string | null = null;

  async function readNewEnds(): Promise<void> {
    const limit = deps.maxEnds + 1;
    const found = await readEnds(db, readAt, limit);
    for (const end of found.ends.toReversed()) ends.note(end);
    if (found.ends.length === limit) ends.reachBackTo((found.ends.at(-1) as SessionEnd).endedAt);
    else if (readAt === null) ends.reachBackTo(Number.NEGATIVE_INFINITY);
    readAt = found.now;
    deps.recheck(new Set(found.ends.map(({ userId }) => userId)));
  }

  const refresh = () => singleFlight('refresh', readNewEnds);

  async function propagate(): Promise<void> {
    deps.notifyOtherNodes();
    await refresh();
  }

  return {
    async end({ tokenId, userId, expiresAt }) {
      await rows(
        db,
        sql`with purged as (
            delete from ended_tokens where "tokenId" in (
              select "tokenId" from ended_tokens where "expiresAt" < ${now} - interval '1 day'
              order by "expiresAt" limit ${PURGED_PER_CALL}::int for update skip locked)
          )
          insert into ended_tokens ("tokenId", "userId", "expiresAt", "endedAt")
          select ${tokenId}::text, u."id", to_timestamp(${Math.min(expiresAt, LATEST_MS) / 1000}::float8) at time zone 'utc', ${now}
          from users u where u."id" = ${userId}::int
          on conflict do nothing`,
      );
      await propagate();
    },

    async endOthers({ tokenId, userId }) {
      await rows(db, cutOff(sql`select u."id" from users u where u."id" = ${userId}::int`, tokenId));
      await propagate();
    },

    propagate,
    refresh,

    async wasEnded(claims) {
      const [found] = await rows<Partial<Cutoff> & { ended: boolean }>(
        db,
        sql`select exists (select 1 from ended_tokens where "tokenId" = ${claims.tokenId}::text) as "ended",
            c."userId", c."generation", c."keptTokenId", ${milliseconds('endedAt')} as "endedAt"
          from (select 1) one left join session_cutoffs c on c."userId" = ${claims.userId}::int`,
      );
      return found?.ended === true || (typeof found?.generation === 'number' && isCutOff(claims, found as Cutoff));
    },
  };
}

/** The statement that ends all tokens except one of the users whose ids `users` selects. */
export function cutOff(users: ReturnType<typeof sql>, keptTokenId: string) {
  return sql`insert into session_cutoffs as c ("userId", "generation", "keptTokenId", "endedAt")
    select "id", 1, ${keptTokenId}::text, ${now} from (${users}) of_users
    on conflict ("userId") do update set "generation" = c."generation" + 1,
      "keptTokenId" = excluded."keptTokenId", "endedAt" = excluded."endedAt"`;
}

/** The latest `limit` ends since about `since`, the latest first. `since` is an earlier `now`, or null for all ends. */
async function readEnds(db: Database, since: string | null, limit: number) {
  const isRecent = sql`"endedAt" > least(${since}::timestamp, ${now}) - ${OVERLAP}`;
  const where = since === null ? sql`true` : isRecent;
  const [found] = await rows<{ now: string; ends: string }>(
    db,
    sql`select (${now})::text as "now", coalesce((
        select json_agg(e order by e."at" desc) from (
          (select "tokenId", "userId", null::int as "generation", null as "keptTokenId", ${milliseconds('endedAt')} as "at"
            from ended_tokens where ${where} order by "endedAt" desc limit ${limit}::int)
          union all
          (select null, "userId", "generation", "keptTokenId", ${milliseconds('endedAt')}
            from session_cutoffs where ${where} order by "endedAt" desc limit ${limit}::int)
          order by "at" desc limit ${limit}::int
        ) e), '[]')::text as "ends"`,
  );
  const list = JSON.parse(found?.ends ?? '[]') as readonly FoundEnd[];
  return { now: found?.now ?? null, ends: list.map(toEnd) };
}

interface FoundEnd {
  readonly tokenId: string | null;
  readonly userId: number;
  readonly generation: number | null;
  readonly keptTokenId: string | null;
  readonly at: number;
}

function toEnd({ tokenId, userId, generation, keptTokenId, at }: FoundEnd): SessionEnd {
  if (tokenId !== null) return { tokenId, userId, endedAt: at };
  return { userId, generation: generation ?? 0, keptTokenId, endedAt: at };
}
