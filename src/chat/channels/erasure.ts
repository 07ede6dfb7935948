// What was said in a deleted channel goes from the database too: after the deletion, in steps that hold nobody up.
import { sql } from 'drizzle-orm';
import type { Clock } from '../../backends/clock/clock.ts';
import { type Database, rows } from '../../database/database.ts';
import type { Logger } from '../../lib/logger.ts';

/** Messages of one statement: some 4 ms of a server, some 20 of the embedded database, which holds its process up. */
const STEP = 200;
/** Between two statements, so that whoever sends and reads has the database for most of the time. */
const PAUSE_MS = 50;
/** How often a node looks for what one that ended has left. */
const INTERVAL_MS = 60_000;

export interface ChannelErasure {
  /** To be called in the transaction that deletes the channel: it is erased then, whichever node ends meanwhile. */
  note(transaction: Database, channelId: number): Promise<void>;
  /** To be called after the commit. */
  wake(): void;
}

export interface RunningErasure extends ChannelErasure {
  /** Looks for what is left at once, and then again and again. */
  start(): void;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** Where nothing is erased. */
export const NO_ERASURE: RunningErasure = {
  note: async () => {},
  wake: () => {},
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
  let isAsked = false;
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

  /** What is left where it fails is found at the next look. */
  async function eraseAll(): Promise<void> {
    try {
      while (isAsked) {
        isAsked = false;
        while (!isClosed && (await eraseStep(db))) await pause();
      }
    } catch (error) {
      logger.warn({ err: withoutValues(error) }, 'Cannot erase what deleted channels held: will try again');
    }
  }

  function wake(): void {
    isAsked = !isClosed;
    if (isClosed || work) return;
    work = eraseAll().finally(() => {
      work = undefined;
    });
  }

  return {
    async note(transaction, channelId) {
      await rows(
        transaction,
        sql`insert into channel_erasures ("channelId") values (${channelId}::int) on conflict do nothing`,
      );
    },
    wake,
    start() {
      cancel = clock.every(INTERVAL_MS, wake);
      wake();
    },
    async close() {
      isClosed = true;
      cancel();
      endPause();
      await work;
    },
  };
}

/** Gives whether there may be more to do. */
async function eraseStep(db: Database): Promise<boolean> {
  const [answer] = await rows<{ more: boolean }>(db, sql`select erase_deleted_channels(${STEP}::int) as "more"`);
  return answer?.more ?? false;
}
