// Reconciliation: compares the heads of this node's logs with the database. Finds what the broker lost, and what was
// written past this service. It is the only polling for messages: one statement for thousands of logs.
import type { Clock } from '../../backends/clock/clock.ts';
import { type ChannelKey, isChannelKey, type PairKey } from '../../chat/log/key.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ChannelFeeds } from './channel-feeds.ts';
import type { DirectFeeds } from './direct-feeds.ts';

/** How often to reconcile while the broker is connected. */
const INTERVAL_MS = 5_000;
/** How often to reconcile while the link to the broker is down. */
const INTERVAL_WHEN_DOWN_MS = 1_000;
/**
 * Direct logs whose last event was this long before the last successful check have nothing new. Both times are of the
 * database's clock. Its time then and now are both considered, because the clock may have been set meanwhile.
 */
const MARGIN_MS = 60_000;
const CHUNK = 5_000;

export interface Reconciler {
  /** Checks all logs now. Calls during a check lead to one more check after it. Never rejects. */
  run(): Promise<void>;
  /** Checks if it is time. Call it about every second. */
  tick(brokerConnected: boolean): void;
}

export function createReconciler(deps: {
  readonly feeds: ChannelFeeds;
  readonly accountFeeds: { check(): Promise<void> };
  readonly directFeeds: DirectFeeds;
  readonly reads: Pick<LogReads, 'channelHeads' | 'recentPairHeads' | 'databaseTime'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Reconciler {
  const { feeds, accountFeeds, directFeeds, reads, clock, logger } = deps;
  let running: Promise<void> | undefined;
  let again = false;
  let checkedAt = clock.monotonic();
  /** The time by the database's clock when the last successful check began. */
  let databaseTime: string | undefined;

  function run(): Promise<void> {
    if (running) {
      again = true;
      return running;
    }
    running = checkAll().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function checkAll(): Promise<void> {
    do {
      again = false;
      const startedAt = clock.monotonic();
      try {
        await checkChannels();
        await accountFeeds.check();
        const time = await reads.databaseTime();
        await checkPairs(databaseTime ?? time);
        checkedAt = startedAt;
        databaseTime = time;
      } catch (error) {
        logger.warn({ err: error }, 'Cannot compare the logs with the database: will try again');
      }
    } while (again);
  }

  async function checkChannels(): Promise<void> {
    const ids: number[] = [];
    for (const feed of feeds.all())
      if (feed.head >= 0 && (feed.readers.size > 0 || feed.isWatched)) ids.push((feed.key as ChannelKey).channelId);
    for (const chunk of chunks(ids)) {
      for (const { key, head, accessVersion } of await reads.channelHeads(chunk)) {
        if (isChannelKey(key)) feeds.get(key.channelId)?.noteHead(head, accessVersion);
      }
    }
  }

  async function checkPairs(since: string): Promise<void> {
    for (const chunk of chunks(directFeeds.userIds())) {
      for (const head of await reads.recentPairHeads(chunk, since, MARGIN_MS)) {
        directFeeds.noteHead({ ...head, key: head.key as PairKey });
      }
    }
  }

  return {
    run,
    tick(brokerConnected) {
      const interval = brokerConnected ? INTERVAL_MS : INTERVAL_WHEN_DOWN_MS;
      if (!running && clock.monotonic() - checkedAt >= interval) void run();
    },
  };
}

function chunks(ids: readonly number[]): number[][] {
  const parts: number[][] = [];
  for (let at = 0; at < ids.length; at += CHUNK) parts.push(ids.slice(at, at + CHUNK));
  return parts;
}
