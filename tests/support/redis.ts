// Real Redis for tests: a separate server or cluster to break at will.
import { Redis } from 'ioredis';
import { programPath } from './debian-package.ts';
import { freePort, launch, removeDirectory, temporaryDirectory } from './server-process.ts';

export interface RedisServer {
  /** `redis://127.0.0.1:<port>` */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Crashes the server. Its data is lost. */
  kill(): Promise<void>;
  /** Stops it without closing a link. `thaw` continues it. */
  freeze(): void;
  thaw(): void;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  stop(): Promise<void>;
}

/** Starts a server on a free port. It stores nothing on disk. `args` are added to its command line. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const command = programPath({ names: ['redis-server', 'valkey-server'], packageName: 'redis-server' });
  const directory = temporaryDirectory('redis');
  // A cluster node takes a second port, this far away, for its peers.
  const port = await freePort(args.includes('--cluster-enabled') ? 10_000 : 0);
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  const start = () => launch({ command, args: [...base, ...args], directory, ready: /Ready to accept connections/ });
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    kill: () => server.kill(),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async restart() {
      await server.kill();
      server = await start();
    },
    async stop() {
      await server.kill();
      removeDirectory(directory);
    },
  };
}

const SLOTS = 16_384;

const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--cluster-config-file', 'nodes.conf'];

/**
 * Starts `size` masters without replicas, each with equally many slots, in order. `args` are added to their command
 * lines. A master that restarts is the same master again, but empty.
 */
export async function startRedisCluster(size = 3, args: readonly string[] = []): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, () => startRedis([...CLUSTER, ...args])));
  const clients = nodes.map((node) => new Redis(node.port, node.host));
  try {
    await Promise.all(clients.map((client, index) => takeSlots(client, index, size)));
    for (const node of nodes.slice(1)) await clients[0]?.call('CLUSTER', 'MEET', node.host, node.port);
    await Promise.all(clients.map((client) => untilFormed(client, size)));
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    nodes,
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}

/**
 * Starts one more node, as a replica of a master of the cluster, which must be stopped separately. Resolves when in
 * sync.
 */
export async function startReplica(cluster: RedisCluster, master: RedisServer): Promise<RedisServer> {
  const replica = await startRedis(CLUSTER);
  await onServers([replica, master], async ([link, toMaster]) => {
    const id = String(await toMaster?.call('CLUSTER', 'MYID'));
    await link?.call('CLUSTER', 'MEET', master.host, master.port);
    // It must first hear of the master, and then copy it.
    await untilTrue('the replica knows its master', async () => {
      const nodes = String(await link?.call('CLUSTER', 'NODES'));
      return cluster.nodes.every(({ port }) => nodes.includes(`:${port}@`)) && !nodes.includes('handshake');
    });
    await link?.call('CLUSTER', 'REPLICATE', id);
    await untilTrue(
      'the replica is in step',
      async () => (await link?.info())?.includes('master_link_status:up') === true,
    );
  });
  return replica;
}

/** Moves a slot without keys to another master, as resharding does. */
export async function moveSlot(cluster: RedisCluster, slot: number, from: RedisServer, to: RedisServer): Promise<void> {
  const others = cluster.nodes.filter((node) => node !== from && node !== to);
  await onServers([to, from, ...others], async (links) => {
    const [target, source] = links as [Redis, Redis];
    const [targetId, sourceId] = [await target.call('CLUSTER', 'MYID'), await source.call('CLUSTER', 'MYID')];
    await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', String(sourceId));
    await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', String(targetId));
    for (const link of links) await link.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(targetId));
  });
}

async function onServers(servers: readonly RedisServer[], work: (links: readonly Redis[]) => Promise<void>) {
  const links = servers.map(({ host, port }) => new Redis(port, host));
  try {
    await work(links);
  } finally {
    for (const link of links) link.disconnect();
  }
}

async function untilTrue(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function takeSlots(client: Redis, index: number, size: number): Promise<void> {
  const first = Math.floor((index * SLOTS) / size);
  const last = Math.floor(((index + 1) * SLOTS) / size) - 1;
  // Redis 6, which has no ADDSLOTSRANGE, understands the list form too.
  const slots = Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
  await client.call('CLUSTER', ['ADDSLOTS', ...slots]);
  await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
}

async function untilFormed(client: Redis, size: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const info = String(await client.call('CLUSTER', 'INFO'));
    if (info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)) return;
    if (Date.now() > deadline) throw new Error(`The Redis cluster did not form: ${info}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
