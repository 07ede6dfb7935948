// Makes ended sessions take effect: this node reads new ends every second, and closes the connections that used them.
import type { Broker } from '../../backends/broker/broker.ts';
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import type { TokenClaims } from '../../chat/accounts/principal.ts';
import type { Logger } from '../../lib/logger.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { SESSIONS_TOPIC } from '../cluster/topics.ts';

/** How often the database is asked, because a publication of another node may be lost. */
const INTERVAL_MS = 1_000;

export interface SessionWatch {
  /** Asks the database now, and then every second. */
  start(): Promise<void>;
  /** Tells the other nodes that something was ended. They look it up. */
  notifyOtherNodes(): void;
  /** Closes the connections of these users whose tokens were ended. */
  recheck(userIds: Iterable<number>): void;
  close(): void;
}

/** A connection that has signed in. */
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
  /** Rejects if the database does. */
  readonly refresh: () => Promise<void>;
  readonly withoutValues: (error: unknown) => unknown;
}): SessionWatch {
  const { broker, clock, logger } = deps;
  const { unsubscribe } = broker.subscribe(SESSIONS_TOPIC, () => void refresh());
  let cancel: Cancel = () => {};
  let isFailing = false;

  /** Logs a line when it begins to fail, and one when that is over. */
  async function refresh(): Promise<void> {
    try {
      await deps.refresh();
      if (isFailing) logger.info({}, 'The database says again which sessions were ended');
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ err: deps.withoutValues(error) }, 'Cannot look up which sessions were ended');
      isFailing = true;
    }
  }

  return {
    async start() {
      await refresh();
      cancel = clock.every(INTERVAL_MS, () => void refresh());
    },
    notifyOtherNodes: () => broker.publishToOthers(SESSIONS_TOPIC, () => '{}'),
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
