// Compares how far this node's logs have come with what the database says: finds what the broker lost, and what was
// written past this service. The only thing that is asked again and again: one statement for thousands of logs.
import type { Clock } from '../../backends/clock/clock.ts';
import { type ChannelKey, isChannelKey, type PairKey } from '../../chat/log/key.ts';
import type { LogReads } from '../../chat/log/reads.ts';
import type { Logger } from '../../lib/logger.ts';
import type { ChannelFeeds } from './channel-feeds.ts';
import type { DirectFeeds } from './direct-feeds.ts';

/** How often while publications arrive. */
const INTERVAL_MS = 5_000;
/** How often while the link to the broker is down. */
const INTERVAL_WHEN_DOWN_MS = 1_000;
/**
 * Direct logs whose last event is older by this than the last check that succeeded cannot have anything new: on the
 * database's own clock, and before both of what it said then and says now, for it may have been set meanwhile.
 */
const MARGIN_MS = 60_000;
const CHUNK = 5_000;

export interface Reconciler {
  /** Checks all logs now. Calls while one runs lead to one more after it. Never rejects. */
  run(): Promise<void>;
  /** To be called about every second: runs when it is time. */
  tick(brokerConnected: boolean): void;
}

export function createReconciler(deps: {
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly reads: Pick<LogReads, 'channelHeads' | 'recentPairHeads' | 'databaseTime'>;
  readonly clock: Clock;
  readonly logger: Logger;
}): Reconciler {
  const { feeds, directFeeds, reads, clock, logger } = deps;
  let running: Promise<void> | undefined;
  let again = false;
  let checkedAt = clock.monotonic();
  /** What the database's clock said when the last check began that succeeded. */
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
      if (feed.head >= 0 && feed.readers.size > 0) ids.push((feed.key as ChannelKey).channelId);
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
