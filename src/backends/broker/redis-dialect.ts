// The two kinds of publish/subscribe of a Redis: plain, and sharded (in clusters, since Redis 7).
import type { ChainableCommander, Redis } from 'ioredis';

export interface Dialect {
  readonly sharded: boolean;
  publish(to: ChainableCommander, channel: string, payload: string): void;
  /** If sharded, the channels of one command must be of one slot. */
  subscribe(client: Redis, channels: readonly string[]): Promise<unknown>;
  unsubscribe(client: Redis, channels: readonly string[]): Promise<unknown>;
  /** How many links listen to the channel at this server. */
  count(client: Redis, channel: string): Promise<number>;
}

/** Chosen again for each new link, because a server may return as another version. Never rejects. */
export type ChooseDialect = (client: Redis) => Promise<Dialect>;

/** In a cluster, every publication goes to all nodes. */
export const PLAIN: Dialect = {
  sharded: false,
  publish: (to, channel, payload) => void to.publish(channel, payload),
  subscribe: (client, channels) => client.subscribe(...channels),
  unsubscribe: (client, channels) => client.unsubscribe(...channels),
  count: (client, channel) => numberOfListeners(client, 'NUMSUB', channel),
};

/** A publication stays with the master that has the channel's slot, and its replicas. */
export const SHARDED: Dialect = {
  sharded: true,
  publish: (to, channel, payload) => void to.spublish(channel, payload),
  subscribe: (client, channels) => client.ssubscribe(...channels),
  unsubscribe: (client, channels) => client.sunsubscribe(...channels),
  count: (client, channel) => numberOfListeners(client, 'SHARDNUMSUB', channel),
};

/** Sharded if the server has the commands. */
export const askDialect: ChooseDialect = async (client) => {
  const known = await client.call('COMMAND', 'INFO', 'SSUBSCRIBE').catch(() => []);
  return Array.isArray(known) && known[0] ? SHARDED : PLAIN;
};

async function numberOfListeners(client: Redis, command: string, channel: string): Promise<number> {
  const [, count] = (await client.call('PUBSUB', command, channel)) as unknown[];
  return Number(count);
}
