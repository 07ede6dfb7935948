// What presence in Redis makes of dead nodes and of a Redis that dies, freezes or forgets.
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PresenceStore } from '../../src/backends/presence/presence-store.ts';
import { createRedisPresence } from '../../src/backends/presence/redis.ts';
import { createRedisConnection } from '../../src/backends/redis/connection.ts';
import { startProxy } from '../support/proxy.ts';
import { type RedisServer, startRedis, startRedisCluster } from '../support/redis.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { until } from '../support/until.ts';

interface Server {
  readonly host: string;
  readonly port: number;
}

const open: PresenceStore[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});

async function startNode(servers: readonly Server[], prefix: string, nodeTimeoutMs?: number): Promise<PresenceStore> {
  const connection = createRedisConnection({ nodes: servers, cluster: servers.length > 1 });
  const logger = createSilentLogger();
  const store = createRedisPresence({ nodeId: randomUUID(), connection, prefix, logger, nodeTimeoutMs });
  open.push(store);
  await store.heartbeat(1);
  return store;
}

const unavailable = expect.objectContaining({ code: 'UNAVAILABLE' });

describe('presence in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  test('the users of a node that fell silent vanish, and are back when it is heard again', async () => {
    const prefix = `${randomUUID()}:`;
    const alive = await startNode([redis], prefix, 2_000);
    const silent = await startNode([redis], prefix, 2_000);
    await silent.setConnected(4, true);
    await silent.enter(7, 4);
    expect(await alive.members(7)).toEqual([4]);
    await until('it counts as dead', async () => {
      await alive.heartbeat(1);
      return (await alive.nodes()).length === 1;
    });
    expect(await alive.users()).toEqual([]);
    expect(await alive.members(7)).toEqual([]);
    expect(await alive.stats()).toEqual({ connectedUsers: 0, connections: 1, nodes: 1, channels: [] });
    expect((await alive.enter(7, 4)).edge).toBe(true);
    await silent.heartbeat(1);
    expect(await alive.users()).toEqual([4]);
    expect((await alive.leave(7, 4)).edge).toBe(false);
  });

  test('that a node died is told once, on one of the others, with those who could be seen there', async () => {
    const prefix = `${randomUUID()}:`;
    const [a, b] = [await startNode([redis], prefix, 2_000), await startNode([redis], prefix, 2_000)];
    const silent = await startNode([redis], prefix, 2_000);
    const told: Array<[userIds: number[], silentMs: number]> = [];
    for (const store of [a, b, silent]) store.onNodeDeath((ids, ms) => told.push([ids.toSorted((x, y) => x - y), ms]));
    for (const userId of [4, 5, 6]) await silent.setConnected(userId, true);
    await silent.setStatus(5, 'away');
    await silent.setStatus(6, 'offline');
    await until('it is told', async () => {
      await Promise.all([a.heartbeat(1), b.heartbeat(1)]);
      return told.length > 0;
    });
    await Promise.all([a.heartbeat(1), b.heartbeat(1)]);
    expect(told).toEqual([[[4, 5], expect.any(Number)]]);
    expect(told[0]?.[1]).toBeGreaterThanOrEqual(2_000);
  });

  test('after Redis lost everything, a heartbeat reports it all again', async () => {
    const prefix = `${randomUUID()}:`;
    const [a, b] = [await startNode([redis], prefix), await startNode([redis], prefix)];
    const userIds = Array.from({ length: 2_500 }, (_, index) => index + 1);
    await Promise.all(userIds.map((userId) => a.enter(7, userId)));
    await Promise.all(userIds.map((userId) => b.setConnected(userId, true)));
    await Promise.all(userIds.map((channelId) => b.enter(channelId, 1)));
    await redis.restart();
    await until('both have reported', async () => {
      await Promise.all([a.heartbeat(1), b.heartbeat(1)]);
      return (await a.members(7)).length === 2_500 && (await a.users()).length === 2_500;
    });
    expect((await a.stats()).channels).toHaveLength(2_500);
    expect((await a.leave(7, 1)).edge).toBe(false);
  });

  test('a set that Redis lost alone is found and written anew', async () => {
    const prefix = `${randomUUID()}:`;
    const store = await startNode([redis], prefix);
    for (const channelId of [7, 8]) await store.enter(channelId, 4);
    const client = new Redis(redis.port, redis.host);
    const [key] = await client.keys(`${prefix}*live:7*`);
    await client.del(key as string);
    client.disconnect();
    expect(await store.members(7)).toEqual([]);
    await store.heartbeat(1);
    expect(await store.members(7)).toEqual([4]);
  });

  test('who left while the link was down is gone when it is back, who came is there', async () => {
    const prefix = `${randomUUID()}:`;
    const proxy = await startProxy(redis);
    const [near, far] = [await startNode([redis], prefix), await startNode([proxy], prefix)];
    await far.setConnected(4, true);
    await far.enter(7, 4);
    proxy.cut();
    await until('the link is down', async () => {
      return far.users().then(
        () => false,
        () => true,
      );
    });
    expect(await far.leave(7, 4)).toEqual({ edge: true, crowded: false });
    await far.setConnected(4, false);
    await far.enter(8, 5);
    await far.setConnected(5, true);
    expect(await near.members(7)).toEqual([4]);
    proxy.heal();
    await until('it is reported', async () => {
      await far.heartbeat(1);
      return (await near.users()).join() === '5';
    });
    expect(await near.members(7)).toEqual([]);
    expect(await near.members(8)).toEqual([5]);
    await far.close();
    await proxy.stop();
  });

  test('what is none of ours in the hash of nodes is passed over, and stays for those who know it', async () => {
    const prefix = `${randomUUID()}:`;
    const [a, b] = [await startNode([redis], prefix), await startNode([redis], prefix)];
    await b.setConnected(4, true);
    const client = new Redis(redis.port, redis.host);
    const [key] = (await client.keys(`${prefix}*nodes`)) as [string];
    const values = [
      '',
      'x',
      '1',
      '1 x',
      '-1 1',
      '1 2 3',
      `${'9'.repeat(400)} 1`,
      `1 ${'9'.repeat(400)}`,
      '{"at":1}',
      '\0',
    ];
    // A time far ahead is readable: somebody was heard before the clock was set back, and is gone.
    const ahead = '9999999999999 1';
    for (const [index, value] of [...values, ahead].entries()) await client.hset(key, `other-${index}`, value);
    await Promise.all([a.heartbeat(1), b.heartbeat(2)]);
    expect(await a.users()).toEqual([4]);
    expect(await a.nodes()).toHaveLength(2);
    expect(await a.stats()).toEqual({ connectedUsers: 1, connections: 3, nodes: 2, channels: [] });
    expect((await a.enter(7, 4)).edge).toBe(true);
    expect(await client.hlen(key)).toBe(2 + values.length);
    client.disconnect();
  });

  test('what Redis does not take is not told wrongly: readers say that it is unavailable until it is', async () => {
    const prefix = `${randomUUID()}:`;
    const [a, b] = [await startNode([redis], prefix, 2_000), await startNode([redis], prefix, 2_000)];
    await b.setConnected(4, true);
    const client = new Redis(redis.port, redis.host);
    await client.call('REPLICAOF', '127.0.0.1', '1');
    const known = await a.nodes();
    await a.setConnected(5, true);
    await expect(a.check()).rejects.toThrow(/READONLY|writeable/);
    // Also while the link is up, and after the node has fallen silent: as long as nobody can say so, nobody counts as gone.
    const end = performance.now() + 2_500;
    while (performance.now() < end) {
      for (const read of [a.users(), a.members(7), a.stats()]) await expect(read).rejects.toEqual(unavailable);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await a.nodes()).sort()).toEqual([...known].sort());
    await client.call('REPLICAOF', 'NO', 'ONE');
    client.disconnect();
    await until('it is reported', async () => {
      await Promise.all([a.heartbeat(1), b.heartbeat(1)]);
      return (await a.users()).join() === '4,5';
    });
  });

  test('without Redis nothing hangs: changes are uncrowded edges, readers say that it is unavailable', async () => {
    const prefix = `${randomUUID()}:`;
    const [a] = [await startNode([redis], prefix), await startNode([redis], prefix)];
    const known = await a.nodes();
    expect(known).toHaveLength(2);
    await redis.kill();
    const late = await startNode([redis], prefix);
    for (const store of [a, late]) {
      expect(await store.enter(7, 4)).toEqual({ edge: true, crowded: false });
      expect(await store.leave(7, 4)).toEqual({ edge: true, crowded: false });
      await store.setConnected(4, true);
      await store.heartbeat(1);
      for (const read of [store.users(), store.members(7), store.stats()])
        await expect(read).rejects.toEqual(unavailable);
    }
    expect(await a.nodes()).toEqual(expect.arrayContaining(known));
    expect(await late.nodes()).toHaveLength(1);
    await redis.restart();
    await until('the node that started without Redis is there', async () => {
      await late.heartbeat(1);
      return (await late.users()).includes(4);
    });
  });

  test('a frozen Redis is waited for a second or so, then not any more', async () => {
    const store = await startNode([redis], `${randomUUID()}:`);
    redis.freeze();
    const before = Date.now();
    expect(await store.enter(7, 4)).toEqual({ edge: true, crowded: false });
    expect(Date.now() - before).toBeLessThan(3_500);
    const again = Date.now();
    for (let userId = 0; userId < 100; userId += 1) await store.enter(7, userId);
    await store.heartbeat(1);
    expect(Date.now() - again).toBeLessThan(2_000);
    redis.thaw();
    await until('it is reported', async () => {
      await store.heartbeat(1);
      return (await store.members(7)).length === 100;
    });
  });
});

test('presence in Redis Cluster survives a node that loses its data', async () => {
  const cluster = await startRedisCluster();
  const prefix = `${randomUUID()}:`;
  const store = await startNode(cluster.nodes, prefix);
  const channelIds = Array.from({ length: 100 }, (_, index) => index + 1);
  await Promise.all(channelIds.map((channelId) => store.enter(channelId, 4)));
  await cluster.nodes[0]?.restart();
  await until(
    'all is there again',
    async () => {
      await store.heartbeat(1);
      return (await store.stats()).channels.length === 100;
    },
    25_000,
  );
  await Promise.all(open.splice(0).map((one) => one.close()));
  await cluster.stop();
});
