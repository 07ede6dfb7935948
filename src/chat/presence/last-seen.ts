// When users were connected last, in the database, so that it outlives nodes and Redis. Written in groups: a thousand
// users who leave at once are one row each, and one statement.
import { sql } from 'drizzle-orm';
import type { Clock } from '../../backends/clock/clock.ts';
import { type Database, rows } from '../../database/database.ts';
import type { Logger } from '../../lib/logger.ts';

const USERS_AT_ONCE = 1_000;
/** While the database is away, this many users are kept. Further ones are forgotten. */
const MAX_WAITING = 100_000;

export interface LastSeen {
  /** The user's last connection on this node ended so many ms ago. The latest time of all nodes counts. */
  note(userId: number, agoMs?: number): void;
  /** Writes what was noted, again if that failed before. Resolves when it was tried. Never rejects. */
  flush(): Promise<void>;
}

export function createLastSeen(deps: {
  readonly db: Database;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}): LastSeen {
  const { db, clock, logger } = deps;
  /** The monotonic time of each. */
  const waiting = new Map<number, number>();
  let flushing: Promise<void> | undefined;

  async function write(ended: ReadonlyArray<readonly [userId: number, at: number]>): Promise<void> {
    const now = clock.monotonic();
    const ago = ended.map(([, at]) => Math.round(now - at));
    await rows(
      db,
      sql`insert into last_seen as l ("userId", "at")
        select u."id", (now() at time zone 'utc') - w.ago * interval '1 millisecond'
        from unnest(${sql.param(ended.map(([userId]) => userId))}::int[], ${sql.param(ago)}::int[]) as w(id, ago)
        join users u on u."id" = w.id
        order by u."id"
        on conflict ("userId") do update set "at" = excluded."at" where l."at" < excluded."at"`,
    );
  }

  async function writeAll(): Promise<void> {
    // All who leave in this turn share a statement.
    await Promise.resolve();
    try {
      await writeWaiting();
    } finally {
      flushing = undefined;
    }
  }

  async function writeWaiting(): Promise<void> {
    while (waiting.size > 0) {
      const some = take();
      try {
        await write(some);
      } catch (error) {
        for (const [userId, at] of some) if (!waiting.has(userId)) keep(userId, at);
        logger.debug({ err: error }, 'When users were seen last was not written: will try again');
        return;
      }
    }
  }

  function take(): Array<readonly [number, number]> {
    const some: Array<readonly [number, number]> = [];
    for (const one of waiting) {
      if (some.push(one) >= USERS_AT_ONCE) break;
    }
    for (const [userId] of some) waiting.delete(userId);
    return some;
  }

  function keep(userId: number, at: number): void {
    if (waiting.size < MAX_WAITING || waiting.has(userId)) waiting.set(userId, at);
  }

  function flush(): Promise<void> {
    flushing ??= writeAll();
    return flushing;
  }

  return {
    note(userId, agoMs = 0) {
      keep(userId, clock.monotonic() - agoMs);
      void flush();
    },
    flush,
  };
}
