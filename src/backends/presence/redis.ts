// Presence of several nodes: each keeps sets of its own users in Redis, and readers join the sets of the living nodes.

import type { Logger } from '../../lib/logger.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { RedisConnection } from '../redis/connection.ts';
import { createScript } from '../redis/script.ts';
import { NODE_TIMEOUT_MS, type NodeDeathListener, type PresenceStore } from './presence-store.ts';
import { createChanges } from './redis-changes.ts';
import { createNodes, type DeadNode } from './redis-nodes.ts';
import { createRepair, inChunks, NODE_SETS, type SetName } from './redis-repair.ts';
import { COUNT } from './redis-scripts.ts';
import { createReadStatuses } from './redis-statuses.ts';
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
  const link = connection.keys({ name: 'chat-presence', timeoutMs: TIMEOUT_MS, logger });
  const { client, attempted, close } = link;
  const count = createScript(client, 'presenceCount', COUNT);
  const reported = createReported();
  const readStatuses = createReadStatuses(client);
  const nodes = createNodes({ client, key: `${prefix}{presence}:nodes`, nodeId, timeoutMs: nodeTimeoutMs });
  const together = !connection.cluster;
  const changes = createChanges({ client, reported, keyOf, otherNodes, together, doubt });
  const repair = createRepair({ client, reported, keyOf, together, isChanging: changes.isChanging });
  const onDeath: NodeDeathListener[] = [];
  let beating = Promise.resolve();
  let closed = false;
  let lastConnections = 0;
  /** Redis does not take what this node reports. It may refuse others too, so what it has becomes outdated. */
  let refused = false;

  /** In a cluster, the braces put the sets of all nodes that are read together into one slot. */
  function keyOf(name: SetName, node = nodeId): string {
    return typeof name === 'number' ? `${prefix}{live:${name}}:${node}` : `${prefix}{presence}:${name}:${node}`;
  }

  async function keysOf(name: SetName): Promise<string[]> {
    return (await nodes.read()).map(({ id }) => keyOf(name, id));
  }

  async function otherNodes(): Promise<string[]> {
    return (await nodes.read()).map(({ id }) => id).filter((id) => id !== nodeId);
  }

  function noteFailure(error: unknown): void {
    if (link.failed(error)) refused = true;
  }

  function doubt(name: SetName, error: unknown): void {
    repair.doubt(name);
    noteFailure(error);
  }

  /** The sets of a dead node are there for some time yet. */
  async function tellDeath({ id, silentMs }: DeadNode): Promise<void> {
    const seen = await client.sdiff(keyOf('users', id), keyOf('offline', id));
    const userIds = seen.map(Number).filter(Number.isSafeInteger);
    for (const listener of onDeath) listener(userIds, silentMs);
  }

  /** Writes that this node lives. */
  async function beat(): Promise<void> {
    try {
      const { wasKnown, dead } = await nodes.beat(lastConnections);
      if (!wasKnown) repair.doubtAll();
      for (const node of dead) tellDeath(node).catch(noteFailure);
    } catch (error) {
      noteFailure(error);
      throw error;
    }
  }

  /** Writes that this node lives, and prolongs everything that it reported. */
  async function heartbeat(): Promise<void> {
    await attempted;
    if (closed) return;
    try {
      await beat();
      await repair.repair();
      refused = false;
      link.succeeded();
    } catch (error) {
      noteFailure(error);
      logger.debug({ err: error }, 'A heartbeat of presence failed');
    }
  }

  async function available<T>(ask: () => Promise<T>): Promise<T> {
    try {
      if (refused) throw new Error('Redis does not take what this node reports');
      return await ask();
    } catch (cause) {
      noteFailure(cause);
      throw new ChatError('UNAVAILABLE', 'Who is connected cannot be read at the moment: try again', { cause });
    }
  }

  async function union(name: SetName): Promise<number[]> {
    await changes.told();
    const keys = await keysOf(name);
    const ids = (await client.sunion(...keys)).map(Number);
    return ids.filter(Number.isSafeInteger).sort((a, b) => a - b);
  }

  async function statuses(userIds: readonly number[]) {
    await changes.told();
    const living = await nodes.read();
    return readStatuses(
      userIds,
      living.flatMap(({ id }) => [keyOf('users', id), keyOf('away', id), keyOf('offline', id)]),
    );
  }

  async function stats() {
    await changes.told();
    const living = await nodes.read();
    const lists = await Promise.all(living.map(({ id }) => client.smembers(keyOf('channels', id))));
    const keysByChannel = new Map<number, string[]>();
    for (const [index, { id }] of living.entries()) {
      for (const channelId of (lists[index] ?? []).map(Number).filter(Number.isSafeInteger)) {
        keysByChannel.set(channelId, [...(keysByChannel.get(channelId) ?? []), keyOf(channelId, id)]);
      }
    }
    const channels = await inChunks([...keysByChannel], async ([channelId, keys]) => {
      return { channelId, memberCount: Number(await count(keys, [])) };
    });
    const userKeys = living.map(({ id }) => keyOf('users', id));
    return {
      connectedUsers: Number(await count(userKeys, [])),
      connections: living.reduce((sum, { connections }) => sum + connections, 0),
      nodes: living.length,
      channels: channels.filter(({ memberCount }) => memberCount > 0),
    };
  }

  async function revokeAccess(): Promise<void> {
    await nodes.leave();
    const names: SetName[] = [...NODE_SETS, ...reported.channels.keys()];
    await inChunks(names, (name) => client.del(keyOf(name)));
  }

  return {
    setConnected(userId, connected) {
      const hadStatus = reported.away.has(userId) || reported.offline.has(userId);
      reported.setConnected(userId, connected);
      if (hadStatus) void changes.status(userId);
      return changes.user(userId);
    },
    setStatus(userId, status) {
      reported.setStatus(userId, status);
      return changes.status(userId);
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
    crowded: changes.crowded,
    users: () => available(() => union('users')),
    statuses: (userIds) => available(() => statuses(userIds)),
    members: (channelId) => available(() => union(channelId)),
    stats: () => available(stats),
    async nodes() {
      await nodes.read().catch(() => {});
      return nodes.lastKnown();
    },
    heartbeat(connections) {
      lastConnections = connections;
      beating = beating.then(heartbeat);
      return beating;
    },
    onNodeDeath: (listener) => void onDeath.push(listener),
    check: beat,
    async close() {
      closed = true;
      await beating;
      await changes.told();
      await revokeAccess().catch((error) => logger.debug({ err: error }, 'Presence was left to run out'));
      close();
    },
  };
}
