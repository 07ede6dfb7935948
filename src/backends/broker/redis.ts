// The broker of several nodes: publish/subscribe over one Redis or over a Redis Cluster.
import type { Logger } from '../../lib/logger.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { Broker } from './broker.ts';
import { createListeners } from './listeners.ts';
import { createSingleBus, LOST } from './redis-bus.ts';
import { createClusterBus } from './redis-cluster/bus.ts';
import { createPeers } from './redis-peers.ts';

/** The name on which nodes greet each other. */
const NODES = 'nodes';
const nameOf = (topic: string): string => `t:${topic}`;

/** Nodes with the same Redis, database and `prefix` hear each other. */
export function createRedisBroker(deps: {
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
}): Broker {
  const { connection, logger } = deps;
  // Publications reach all databases of a server, so the names of channels keep them apart.
  const prefix = `${deps.prefix}${connection.db}:`;
  const interruptions = createListeners(logger);
  const interrupted = () => interruptions.deliver(LOST, '');

  const createBus = connection.cluster ? createClusterBus : createSingleBus;
  const bus = createBus({ connection, prefix, logger, onReturn: returned });
  const peers = createPeers(countNodes, bus.reportLoss);
  bus.subscribe(LOST, interrupted);
  void bus.subscribe(NODES, peers.stir).ready.then(greet);

  /** Tells other nodes, which may think that they are alone, that they are not. */
  function greet(): void {
    bus.greet(NODES);
  }

  async function countNodes(): Promise<number> {
    return bus.connected() ? bus.countNodes() : 0;
  }

  function returned(): void {
    greet();
    interrupted();
  }

  return {
    async publish(topic, payload) {
      if (peers.keeps()) bus.deliver(nameOf(topic), payload);
      else await bus.publish(nameOf(topic), payload);
    },
    publishToOthers(topic, encode) {
      if (!peers.keeps()) void bus.publish(nameOf(topic), encode());
    },
    subscribe: (topic, listener) => bus.subscribe(nameOf(topic), listener),
    onInterruption: (listener) => interruptions.add(LOST, listener),
    connected: (topic) => bus.connected(topic === undefined ? undefined : nameOf(topic)),
    ping: bus.ping,
    async close() {
      interruptions.clear();
      peers.close();
      bus.close();
    },
  };
}
