// The broker of several nodes: Redis publish/subscribe, one link for each direction.
import type { Logger } from '../../protocol/logger.ts';
import type { RedisConnection } from '../redis-connection.ts';
import type { Broker } from './broker.ts';
import { createCompany } from './redis-company.ts';
import { createPublisher } from './redis-publisher.ts';
import { createSubscriber } from './redis-subscriber.ts';

/** Nodes with the same Redis, database and `prefix` hear each other. */
export function createRedisBroker(deps: {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
}): Broker {
  const { connection, logger } = deps;
  // Publications reach all databases of a server: the channels' names keep them apart.
  const prefix = `${deps.prefix}${connection.db}:`;
  const lossChannel = `${prefix}lost`;
  const nodesChannel = `${prefix}nodes`;
  const interruptions = new Set<{ readonly listener: () => void }>();

  const subscriber = createSubscriber({ connection, logger, onReturn: returned });
  const publisher = createPublisher({ connection, logger, lossChannel });
  const company = createCompany({ countNodes, onLoss: publisher.reportLoss });
  subscriber.subscribe(lossChannel, interrupted);
  void subscriber.subscribe(nodesChannel, company.stir).ready.then(greet);

  /** Others that think they are alone need not find out by themselves that they are not. */
  function greet(): void {
    publisher.greet(nodesChannel);
  }

  /** In a cluster each server knows its own listeners only. */
  async function countNodes(): Promise<number> {
    return connection.cluster || !subscriber.connected() ? 0 : publisher.countListeners(nodesChannel);
  }

  function returned(): void {
    greet();
    interrupted();
  }

  function interrupted(): void {
    for (const { listener } of interruptions) {
      try {
        listener();
      } catch (error) {
        logger.error({ err: error }, 'A listener for interruptions of the broker failed');
      }
    }
  }

  return {
    async publish(topic, payload) {
      const channel = `${prefix}t:${topic}`;
      if (company.keeps()) subscriber.deliver(channel, payload);
      else await publisher.publish(channel, payload);
    },
    subscribe: (topic, listener) => subscriber.subscribe(`${prefix}t:${topic}`, listener),
    onInterruption(listener) {
      const entry = { listener };
      interruptions.add(entry);
      return () => {
        interruptions.delete(entry);
      };
    },
    connected: () => subscriber.connected() && publisher.connected(),
    async ping() {
      await Promise.all([subscriber.ping(), publisher.ping()]);
    },
    async close() {
      interruptions.clear();
      company.close();
      subscriber.close();
      publisher.close();
    },
  };
}
