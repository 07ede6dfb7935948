// Ends the connections of accounts that are gone, whoever deleted them: another program tells nobody.
import type { LogReads } from '../../chat/log/reads.ts';
import type { Logger } from '../../lib/logger.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';

/** Together with the statement and the sweep that calls: less than the 5 s that are promised. */
const INTERVAL_MS = 3_000;
/** Users that one statement looks up. */
const CHUNK = 5_000;

export interface AccountCheck {
  /** Is called about every second and looks when it is time. `now` is in milliseconds on a clock that nobody sets. */
  tick(now: number): void;
  /** Looks at all users who are connected here. Never rejects. */
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
