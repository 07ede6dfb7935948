// A bus carries named publications over Redis, whatever kind of server or cluster that is.
import type { Logger } from '../../lib/logger.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Listener, Unsubscribe } from './broker.ts';
import { PLAIN } from './redis-dialect.ts';
import { createPublisher } from './redis-publisher.ts';
import { createSubscriber } from './redis-subscriber.ts';

/** The name on which nodes hear that they may have missed something. */
export const LOST = 'lost';
/** The name on which nodes test whether Redis publishes. Nobody listens to it. */
export const TRIAL = 'trial';

export interface Bus {
  subscribe(name: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe };
  /** Resolves when Redis took it or it was given up. Never rejects. */
  publish(name: string, payload: string): Promise<void>;
  /** Hands a payload that does not go through Redis to the listeners on this node. */
  deliver(name: string, payload: string): void;
  /** Publishes an empty message, which may be lost. */
  greet(name: string): void;
  /** Sends every node, as soon as possible, an empty message on LOST. */
  reportLoss(): void;
  /** How many nodes listen, at the server that knows of the most. Rejects if a server is away. */
  countNodes(): Promise<number>;
  /** As `connected` of the broker. */
  connected(name?: string): boolean;
  ping(): Promise<void>;
  close(): void;
}

export interface BusDependencies {
  readonly connection: RedisConnection;
  /** The prefix of all channels. */
  readonly prefix: string;
  readonly logger: Logger;
  /** Called when everything is subscribed again after publications may have been lost. */
  readonly onReturn: () => void;
}

export function createSingleBus({ connection, prefix, logger, onReturn }: BusDependencies): Bus {
  const link = { open: connection.single, chooseDialect: async () => PLAIN, logger };
  const lossChannel = () => prefix + LOST;
  const subscriber = createSubscriber({ ...link, trialChannel: lossChannel, onReturn });
  const publisher = createPublisher({ ...link, lossChannel, trialChannel: () => prefix + TRIAL });
  return {
    subscribe: (name, listener) => subscriber.subscribe(prefix + name, listener),
    publish: (name, payload) => publisher.publish(prefix + name, payload),
    deliver: (name, payload) => subscriber.deliver(prefix + name, payload),
    greet: (name) => publisher.greet(prefix + name),
    reportLoss: publisher.reportLoss,
    countNodes: publisher.countNodes,
    connected: () => subscriber.connected() && publisher.connected(),
    async ping() {
      await Promise.all([subscriber.ping(), publisher.ping()]);
    },
    close() {
      subscriber.close();
      publisher.close();
    },
  };
}
