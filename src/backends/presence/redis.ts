// Presence of several nodes: each keeps sets of its own users in Redis, readers join those of the living nodes.
import { ChatError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { Logger } from '../../protocol/logger.ts';
import type { RedisConnection } from '../redis-connection.ts';
import { createScript } from '../redis-script.ts';
import { NODE_TIMEOUT_MS, type PresenceChange, type PresenceStore } from './presence-store.ts';
import { createMirror, inChunks, LIFETIME_MS, type SetName } from './redis-mirror.ts';
import { createNodes } from './redis-nodes.ts';
import { CHANGE, COUNT } from './redis-scripts.ts';
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
  const sendChange = createScript(client, 'presenceChange', CHANGE);
  const count = createScript(client, 'presenceCount', COUNT);
  const reported = createReported();
  const nodes = createNodes({ client, key: `${prefix}{presence}:nodes`, nodeId, timeoutMs: nodeTimeoutMs });
  const mirror = createMirror({ client, reported, keyOf: (name) => keyOf(name, nodeId) });
  let beating = Promise.resolve();
  let closed = false;

  /** In a cluster, the braces keep the sets of all nodes that are read together in one slot. */
  function keyOf(name: SetName, node: string): string {
    return typeof name === 'number' ? `${prefix}{live:${name}}:${node}` : `${prefix}{presence}:${name}:${node}`;
  }

  async function keysOf(name: SetName): Promise<string[]> {
    return (await nodes.read()).map(({ id }) => keyOf(name, id));
  }

  /** A failed write leaves a doubt, which the next heartbeat settles. */
  async function update(name: SetName, command: 'sadd' | 'srem', id: number): Promise<void> {
    try {
      await client[command](keyOf(name, nodeId), id);
    } catch {
      mirror.doubt(name);
    }
  }

  async function change(command: 'SADD' | 'SREM', channelId: number, userId: number): Promise<PresenceChange> {
    try {
      const own = keyOf(channelId, nodeId);
      const others = (await keysOf(channelId)).filter((key) => key !== own);
      const args = [command, userId, LIFETIME_MS, LIMITS.ANNOUNCED_USERS_MAX];
      const [edge, crowded] = (await sendChange([own, ...others], args)) as [number, number];
      return { edge: edge === 1, crowded: crowded === 1 };
    } catch {
      mirror.doubt(channelId);
      return { edge: true, crowded: false };
    }
  }

  async function beat(connections: number): Promise<void> {
    await attempted;
    if (closed) return;
    try {
      if (!(await nodes.beat(connections))) mirror.doubtAll();
      await mirror.repair();
    } catch (error) {
      logger.debug({ err: error }, 'A heartbeat of presence failed');
    }
  }

  async function union(name: SetName): Promise<number[]> {
    const keys = await keysOf(name);
    const ids = keys.length === 0 ? [] : await client.sunion(...keys);
    return ids.map(Number).sort((a, b) => a - b);
  }

  async function stats() {
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
    await inChunks(names, (name) => client.del(keyOf(name, nodeId)));
  }

  return {
    setConnected(userId, connected) {
      reported.setConnected(userId, connected);
      return update('users', connected ? 'sadd' : 'srem', userId);
    },
    enter(channelId, userId) {
      if (reported.members(channelId).size === 0) void update('channels', 'sadd', channelId);
      reported.enter(channelId, userId);
      return change('SADD', channelId, userId);
    },
    leave(channelId, userId) {
      reported.leave(channelId, userId);
      if (reported.members(channelId).size === 0) void update('channels', 'srem', channelId);
      return change('SREM', channelId, userId);
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
