// The feeds of account logs that connections of this node have joined. Nodes tell each other only that a log moved: the
// feed then reads it, because an entry is put together when it is sent.
import type { Broker, Unsubscribe } from '../../backends/broker/broker.ts';
import type { Clock } from '../../backends/clock/clock.ts';
import type { AccountHead } from '../../chat/conversations/account-log.ts';
import type { AccountKey } from '../../chat/log/key.ts';
import type { Logger } from '../../lib/logger.ts';
import { accountTopic } from '../cluster/topics.ts';
import type { Hooks } from '../hooks.ts';
import { Feed, type FeedContext } from '../log/feed.ts';

/** The most logs whose heads one statement reads. */
const CHUNK = 1_000;

interface Entry {
  readonly feed: Feed;
  readonly subscribed: Promise<void>;
  readonly unsubscribe: Unsubscribe;
  /** How many joins are under way. */
  holders: number;
}

export interface AccountFeeds {
  /** Opens the feed if needed. `subscribed` settles when this node hears of the log. Call `release` once. */
  hold(userId: number): { readonly feed: Feed; readonly subscribed: Promise<void>; release(): void };
  /** The account logs of these users have new numbers. */
  moved(userIds: readonly number[]): void;
  /** Compares all feeds with the database. Rejects if the database does. */
  check(): Promise<void>;
}

export function createAccountFeeds(deps: {
  readonly broker: Broker;
  readonly clock: Pick<Clock, 'defer'>;
  readonly context: FeedContext;
  readonly hooks: Hooks;
  readonly logger: Logger;
  readonly readHeads: (userIds: readonly number[]) => Promise<readonly AccountHead[]>;
}): AccountFeeds {
  const { broker, clock, context, hooks, logger, readHeads } = deps;
  const entries = new Map<number, Entry>();
  const moved = new Set<number>();

  hooks.closed.on((owner) => closeUnused(owner.user.id));

  function open(userId: number): Entry {
    const key: AccountKey = { accountId: userId };
    const feed = new Feed(key, context);
    const { ready, unsubscribe } = broker.subscribe(accountTopic(userId), () => noteMoved(userId));
    const entry = { feed, subscribed: ready, unsubscribe, holders: 0 };
    entries.set(userId, entry);
    return entry;
  }

  function closeUnused(userId: number): void {
    const entry = entries.get(userId);
    if (!entry || entry.holders > 0 || entry.feed.readers.size > 0) return;
    entries.delete(userId);
    entry.unsubscribe();
    entry.feed.close();
  }

  /** Logs that move in one turn share a look-up. If it fails, the next check finds them. */
  function noteMoved(userId: number): void {
    if (!entries.has(userId)) return;
    if (moved.size === 0) {
      clock.defer(() => {
        const userIds = [...moved];
        moved.clear();
        read(userIds).catch((err: unknown) => logger.warn({ err }, 'Cannot read how far account logs have come'));
      });
    }
    moved.add(userId);
  }

  async function read(userIds: readonly number[]): Promise<void> {
    for (let at = 0; at < userIds.length; at += CHUNK) {
      for (const { userId, head } of await readHeads(userIds.slice(at, at + CHUNK))) {
        entries.get(userId)?.feed.noteHead(head, 0);
      }
    }
  }

  return {
    hold(userId) {
      const entry = entries.get(userId) ?? open(userId);
      entry.holders += 1;
      return {
        feed: entry.feed,
        subscribed: entry.subscribed,
        release() {
          entry.holders -= 1;
          closeUnused(userId);
        },
      };
    },
    moved(userIds) {
      for (const userId of userIds) {
        noteMoved(userId);
        broker.publishToOthers(accountTopic(userId), () => 'moved');
      }
    },
    check: () => read([...entries.keys()]),
  };
}
