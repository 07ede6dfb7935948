// Ended sessions take effect on this node: it learns of them within a second, and closes the connections that came by them.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import type { TokenClaims } from '../../chat/accounts/principal.ts';
import type { Logger } from '../../lib/logger.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { SESSIONS_TOPIC } from '../cluster/topics.ts';

/** How often the database is asked: what is left where Redis lost the word of another node. */
const INTERVAL_MS = 1_000;

export interface SessionWatch {
  /** Asks the database a first time, and then again and again. */
  start(): Promise<void>;
  /** Tells the other nodes that something was ended; they look it up. */
  tellOthers(): void;
  /** Closes the connections of these users whose tokens were ended. */
  recheck(userIds: Iterable<number>): void;
  close(): void;
}

/** A connection that somebody has signed in to. */
interface Connection {
  readonly token: TokenClaims | undefined;
  close(code: number, reason: string): void;
}

export function createSessionWatch(deps: {
  readonly broker: Broker;
  readonly clock: Pick<Clock, 'every'>;
  readonly logger: Pick<Logger, 'warn' | 'info'>;
  readonly connectionsOf: (userId: number) => Iterable<Connection>;
  readonly isEnded: (token: TokenClaims) => boolean;
  /** Rejects like the database. */
  readonly refresh: () => Promise<void>;
  readonly withoutValues: (error: unknown) => unknown;
}): SessionWatch {
  const { broker, clock, logger } = deps;
  const { unsubscribe } = broker.subscribe(SESSIONS_TOPIC, () => void look());
  let cancel: Cancel = () => {};
  let isBlind = false;

  /** A line when it begins to fail, and one when that is over. */
  async function look(): Promise<void> {
    try {
      await deps.refresh();
      if (isBlind) logger.info({}, 'The database says again which sessions were ended');
      isBlind = false;
    } catch (error) {
      if (!isBlind) logger.warn({ err: deps.withoutValues(error) }, 'Cannot look up which sessions were ended');
      isBlind = true;
    }
  }

  return {
    async start() {
      await look();
      cancel = clock.every(INTERVAL_MS, () => void look());
    },
    tellOthers: () => broker.publishToOthers(SESSIONS_TOPIC, () => '{}'),
    recheck(userIds) {
      for (const userId of userIds) {
        for (const connection of [...deps.connectionsOf(userId)]) {
          if (connection.token && deps.isEnded(connection.token)) {
            connection.close(CLOSE.UNAUTHENTICATED, 'The session was ended');
          }
        }
      }
    },
    close() {
      cancel();
      unsubscribe();
    },
  };
}
