// Closes the connections of deleted accounts. It asks the database, because another program may have deleted them.
import type { LogReads } from '../../chat/log/reads.ts';
import type { Logger } from '../../lib/logger.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';

/** With the statement and the interval of `tick`, this is less than the promised 5 s. */
const INTERVAL_MS = 3_000;
/** How many users one statement looks up. */
const CHUNK = 5_000;

export interface AccountCheck {
  /** Checks if it is time. Call it about every second. `now` is in monotonic milliseconds. */
  tick(now: number): void;
  /** Checks all users who are connected here. Never rejects. */
  run(): Promise<void>;
}

export function createAccountCheck(deps: {
  readonly directFeeds: Pick<DirectFeeds, 'userIds' | 'owners'>;
  readonly goneUsers: LogReads['goneUsers'];
  readonly logger: Logger;
}): AccountCheck {
  const { directFeeds, goneUsers, logger } = deps;
  let nextAt = 0;
  let running = false;
  let failing = false;

  function end(userId: number): void {
    for (const owner of [...directFeeds.owners(userId)]) owner.close(CLOSE.UNAUTHENTICATED, 'The account is gone');
  }

  async function checkAll(): Promise<void> {
    const userIds = directFeeds.userIds();
    for (let at = 0; at < userIds.length; at += CHUNK) {
      for (const userId of await goneUsers(userIds.slice(at, at + CHUNK))) end(userId);
    }
    failing = false;
  }

  async function run(): Promise<void> {
    running = true;
    await checkAll().catch((error: unknown) => {
      if (!failing) logger.warn({ err: error }, 'Cannot look for accounts that are gone: will try again');
      failing = true;
    });
    running = false;
  }

  return {
    run,
    tick(now) {
      if (running || now < nextAt) return;
      nextAt = now + INTERVAL_MS;
      void run();
    },
  };
}
