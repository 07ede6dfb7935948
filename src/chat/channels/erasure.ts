// Erases the messages of deleted channels from the database: after the deletion, in steps that hold nobody up.
import { sql } from 'drizzle-orm';
import type { Clock } from '../../backends/clock/clock.ts';
import { type Database, rows } from '../../database/database.ts';
import type { Logger } from '../../lib/logger.ts';

/** Messages per statement. It takes a server 4 ms, and the embedded database 20 ms, in which it blocks the process. */
const STEP = 200;
/** The pause between two statements, which leaves the database to other work for most of the time. */
const PAUSE_MS = 50;
/** How often a node looks for erasures that another node did not finish. */
const INTERVAL_MS = 60_000;

export interface ChannelErasure {
  /** Call it in the transaction that deletes the channel. Then it is erased even if this node stops. */
  schedule(transaction: Database, channelId: number): Promise<void>;
  /** Starts erasing. Call it after the commit. */
  run(): void;
}

export interface RunningErasure extends ChannelErasure {
  /** Looks for unfinished erasures, now and every minute. */
  start(): void;
  /** Stops after the statement under way, and resolves then. */
  close(): Promise<void>;
}

/** Erases nothing. */
export const NO_ERASURE: RunningErasure = {
  schedule: async () => {},
  run: () => {},
  start: () => {},
  close: async () => {},
};

export interface ErasureDependencies {
  readonly db: Database;
  readonly clock: Pick<Clock, 'after' | 'every'>;
  readonly logger: Pick<Logger, 'warn'>;
  readonly withoutValues: (error: unknown) => unknown;
}

export function createChannelErasure({ db, clock, logger, withoutValues }: ErasureDependencies): RunningErasure {
  let work: Promise<void> | undefined;
  let isRequested = false;
  let isClosed = false;
  let cancel = () => {};
  let endPause = () => {};

  const pause = () =>
    new Promise<void>((resolve) => {
      const stop = clock.after(PAUSE_MS, resolve);
      endPause = () => {
        stop();
        resolve();
      };
    });

  /** If it fails, the next look finds what is left. */
  async function eraseAll(): Promise<void> {
    try {
      while (isRequested) {
        isRequested = false;
        while (!isClosed && (await eraseStep(db))) await pause();
      }
    } catch (error) {
      logger.warn({ err: withoutValues(error) }, 'Cannot erase what deleted channels held: will try again');
    }
  }

  function run(): void {
    isRequested = !isClosed;
    if (isClosed || work) return;
    work = eraseAll().finally(() => {
      work = undefined;
    });
  }

  return {
    async schedule(transaction, channelId) {
      await rows(
        transaction,
        sql`insert into channel_erasures ("channelId") values (${channelId}::int) on conflict do nothing`,
      );
    },
    run,
    start() {
      cancel = clock.every(INTERVAL_MS, run);
      run();
    },
    async close() {
      isClosed = true;
      cancel();
      endPause();
      await work;
    },
  };
}

/** Returns whether there may be more to erase. */
async function eraseStep(db: Database): Promise<boolean> {
  const [answer] = await rows<{ more: boolean }>(db, sql`select erase_deleted_channels(${STEP}::int) as "more"`);
  return answer?.more ?? false;
}
