// Presence of several nodes: each keeps sets of its own users in Redis, readers join those of the living nodes.

import type { Logger } from '../../lib/logger.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createScript } from '../redis/script.ts';
import { NODE_TIMEOUT_MS, type PresenceStore } from './presence-store.ts';
import { createChanges } from './redis-changes.ts';
import { createNodes } from './redis-nodes.ts';
import { createRepair, inChunks, type SetName } from './redis-repair.ts';
import { COUNT } from './redis-scripts.ts';
import { createReported } from './reported.ts';

const TIMEOUT_MS = 1_000;

/** `nodeId` must be new with each start of a node. `nodeTimeoutMs` is for tests that cannot wait for a node to die. */
export function createRedisPresence(deps: {
  readonly nodeId: string;
  readonly connection: RedisConnection;
  readonly prefix: string;
  readonly logger: Logger;
  readonly nodeTimeoutMs?: number;
}): PresenceStore {
  const { nodeId, connection, prefix, logger, nodeTimeoutMs = NODE_TIMEOUT_MS } = deps;
  const { client, attempted, close } = connection.keys({ name: 'chat-presence', timeoutMs: TIMEOUT_MS, logger });
  const count = createScript(client, 'presenceCount', COUNT);
  const reported = createReported();
  const nodes = createNodes({ client, key: `${prefix}{presence}:nodes`, nodeId, timeoutMs: nodeTimeoutMs });
  const together = !connection.cluster;
  const changes = createChanges({ client, reported, keyOf, otherNodes, together, doubt: (name) => repair.doubt(name) });
  const repair = createRepair({ client, reported, keyOf, together, isChanging: changes.isChanging });
  let beating = Promise.resolve();
  let closed = false;

  /** In a cluster, the braces keep the sets of all nodes that are read together in one slot. */
  function keyOf(name: SetName, node = nodeId): string {
    return typeof name === 'number' ? `${prefix}{live:${name}}:${node}` : `${prefix}{presence}:${name}:${node}`;
  }

  async function keysOf(name: SetName): Promise<string[]> {
    return (await nodes.read()).map(({ id }) => keyOf(name, id));
  }

  async function otherNodes(): Promise<string[]> {
    return (await nodes.read()).map(({ id }) => id).filter((id) => id !== nodeId);
  }

  async function beat(connections: number): Promise<void> {
    await attempted;
    if (closed) return;
    try {
      if (!(await nodes.beat(connections))) repair.doubtAll();
      await repair.repair();
    } catch (error) {
      logger.debug({ err: error }, 'A heartbeat of presence failed');
    }
  }

  async function union(name: SetName): Promise<number[]> {
    await changes.told();
    const keys = await keysOf(name);
    const ids = keys.length === 0 ? [] : await client.sunion(...keys);
    return ids.map(Number).sort((a, b) => a - b);
  }

  async function stats() {
    await changes.told();
    const living = await nodes.read();
    const lists = await Promise.all(living.map(({ id }) => client.smembers(keyOf('channels', id))));
    const keysByChannel = new Map<number, string[]>();
    for (const [index, { id }] of living.entries()) {
      for (const channelId of (lists[index] ?? []).map(Number)) {
        keysByChannel.set(channelId, [...(keysByChannel.get(channelId) ?? []), keyOf(channelId, id)]);
      }
    }
    const channels = await inChunks([...keysByChannel], async ([channelId, keys]) => {
      return { channelId, memberCount: Number(await count(keys, [])) };
    });
    const userKeys = living.map(({ id }) => keyOf('users', id));
    return {
      connectedUsers: userKeys.length === 0 ? 0 : Number(await count(userKeys, [])),
      connections: living.reduce((sum, { connections }) => sum + connections, 0),
      nodes: living.length,
      channels: channels.filter(({ memberCount }) => memberCount > 0),
    };
  }

  async function takeOut(): Promise<void> {
    await nodes.leave();
    const names: SetName[] = ['users', 'channels', ...reported.channels.keys()];
    await inChunks(names, (name) => client.del(keyOf(name)));
  }

  return {
    setConnected(userId, connected) {
      reported.setConnected(userId, connected);
      return changes.user(userId);
    },
    enter(channelId, userId) {
      const isFirst = reported.members(channelId).size === 0;
      reported.enter(channelId, userId);
      if (isFirst) void changes.channel(channelId);
      return changes.enter(channelId, userId);
    },
    leave(channelId, userId) {
      reported.leave(channelId, userId);
      if (reported.members(channelId).size === 0) void changes.channel(channelId);
      return changes.leave(channelId, userId);
    },
    users: () => available(union('users')),
    members: (channelId) => available(union(channelId)),
    stats: () => available(stats()),
    async nodes() {
      await nodes.read().catch(() => {});
      return nodes.lastKnown();
    },
    heartbeat(connections) {
      beating = beating.then(() => beat(connections));
      return beating;
    },
    async close() {
      closed = true;
      await beating;
      await changes.told();
      await takeOut().catch((error) => logger.debug({ err: error }, 'Presence was left to run out'));
      close();
    },
  };
}

async function available<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new ChatError('UNAVAILABLE', 'Who is connected cannot be read at the moment: try again', { cause });
  }
}
