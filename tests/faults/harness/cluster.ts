// Several nodes as separate processes on their own PostgreSQL and Redis, with a network between that can be cut:
// everything that a test may break.
import postgres, { type Sql } from 'postgres';
import { ARRAY_TYPES } from '../../../src/database/arrays.ts';
import { type ServiceProcess, spawnServiceProcess } from '../../support/node-process.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { type NetworkProxy, startProxy } from '../../support/proxy.ts';
import { type RedisServer, startRedis } from '../../support/redis.ts';
import { installRuntimes, type Runtime } from '../../support/runtimes.ts';
import { freePort } from '../../support/server-process.ts';
import { until } from '../../support/until.ts';
import { makeUsers, SECRET, type User } from './people.ts';
import { preloading } from './preload.ts';
import { chosenRuntimes } from './runtimes.ts';

export interface ClusterNode {
  readonly url: string;
  readonly pid: number;
  /** Its links to Redis and to PostgreSQL. */
  readonly toRedis: NetworkProxy;
  readonly toPostgres: NetworkProxy;
  readonly process: ServiceProcess;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
  /** SIGTERM. Resolves when it has drained and is gone. */
  drain(): Promise<void>;
  /** Starts it again on the same port. Resolves when it listens. */
  start(): Promise<void>;
  /** Its last output, if it ended by itself. */
  crash(): string | undefined;
}

export interface Cluster {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer;
  readonly nodes: readonly ClusterNode[];
  /** To read and prepare the database directly, without the nodes. */
  readonly sql: Sql;
  /** The address of any node. */
  readonly anyNode: () => string;
  /** Returns functions that return addresses of nodes, at random, but never the same node twice in a row. */
  readonly roam: () => () => string;
  /** Waits until every node has its database and its Redis, and knows all the others. */
  whole(): Promise<void>;
  /** Rejects if a node ended by itself, because clients that reconnect elsewhere would hide that. */
  stop(): Promise<void>;
}

const BASE = {
  NODE_ENV: 'production',
  JWT_SECRET: SECRET,
  CORS_ORIGIN: '*',
  WS_CORS_ORIGIN: '*',
  RATE_LIMIT_MAX_REQUESTS: '0',
  AUTH_RATE_LIMIT_MAX_REQUESTS: '0',
  WS_RATE_LIMIT_PER_SECOND: '0',
  MIGRATE_ON_START: 'true',
  LOG_LEVEL: 'warn',
};

type Env = Readonly<Record<string, string>>;

export interface ClusterOptions {
  readonly size?: number;
  /** For all nodes. */
  readonly env?: Env;
  /** For one node, by its index. */
  readonly envOf?: (index: number) => Env;
  /** The runtimes of the nodes, in turn. By default those of FAULTS_RUNTIMES. */
  readonly runtimes?: readonly Runtime[];
  /** Settings of PostgreSQL, `name=value`. */
  readonly postgres?: readonly string[];
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { size = 3, env = {}, envOf = () => ({}), runtimes = chosenRuntimes() } = options;
  await installRuntimes(runtimes);
  const runtimeOf = (index: number) => runtimes[index % runtimes.length] as Runtime;
  const [database, redis] = await Promise.all([startPostgres(options.postgres), startRedis()]);
  const indexes = Array.from({ length: size }, (_, index) => index);
  const start = (index: number) =>
    startNode({ database, redis, runtime: runtimeOf(index), env: { ...env, ...envOf(index) } });
  const nodes = await Promise.all(indexes.map(start));
  const settings = { max: 2, onnotice: () => {}, backoff: () => 0.1, types: ARRAY_TYPES, fetch_types: false };
  const sql = postgres(database.url, settings) as unknown as Sql;
  const cluster: Cluster = {
    postgres: database,
    redis,
    nodes,
    sql,
    anyNode: () => (nodes[Math.floor(Math.random() * size)] as ClusterNode).url,
    roam() {
      let at = Math.floor(Math.random() * size);
      return () => {
        at = (at + 1 + Math.floor(Math.random() * (size - 1))) % size;
        return (nodes[at] as ClusterNode).url;
      };
    },
    async whole() {
      const [{ token }] = (await makeUsers(sql, 1)) as [User];
      await until('all nodes know of each other', () => isWhole(token, nodes), 60_000);
    },
    async stop() {
      await sql.end({ timeout: 1 });
      const crashed = nodes.flatMap((node) => node.crash() ?? []);
      await Promise.all(nodes.map((node) => node.kill()));
      await Promise.all(nodes.flatMap(({ toRedis, toPostgres }) => [toRedis.stop(), toPostgres.stop()]));
      await Promise.all([database.stop(), redis.stop()]);
      if (crashed.length > 0) throw new Error(`Nodes ended by themselves:\n${crashed.join('\n')}`);
    },
  };
  return cluster;
}

interface NodeOptions {
  readonly database: PostgresServer;
  readonly redis: RedisServer;
  readonly runtime: Runtime;
  readonly env: Env;
}

async function startNode({ database, redis, runtime, env }: NodeOptions): Promise<ClusterNode> {
  const [toPostgres, toRedis] = await Promise.all([
    startProxy({ host: '127.0.0.1', port: database.port }),
    startProxy({ host: redis.host, port: redis.port }),
  ]);
  const port = await freePort();
  const all = {
    ...BASE,
    DATABASE_URL: `postgres://postgres@127.0.0.1:${toPostgres.port}/postgres`,
    REDIS_URL: `redis://127.0.0.1:${toRedis.port}`,
    PORT: String(port),
    ...env,
  };
  const options = preloading(runtime, all);
  let crash: string | undefined;
  let isEnded = false;
  function spawn(): ServiceProcess {
    const spawned = spawnServiceProcess(options);
    isEnded = false;
    void spawned.exited.then(({ code, signal }) => {
      if (!isEnded)
        crash = [code ?? signal, ...spawned.log.slice(-3).map((line) => JSON.stringify(line)), ...spawned.noise].join(
          '\n',
        );
    });
    return spawned;
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    isEnded = true;
    await service.stop(signal);
  }

  let service = spawn();
  await untilUp(service, port);
  return {
    url: `http://127.0.0.1:${port}`,
    get pid() {
      return service.pid;
    },
    get process() {
      return service;
    },
    toRedis,
    toPostgres,
    kill: () => end('SIGKILL'),
    freeze: () => service.signal('SIGSTOP'),
    thaw: () => service.signal('SIGCONT'),
    drain: () => end('SIGTERM'),
    async start() {
      service = spawn();
      await untilUp(service, port);
    },
    crash: () => crash,
  };
}

async function isWhole(token: string, nodes: readonly ClusterNode[]): Promise<boolean> {
  const seen = await Promise.all(
    nodes.map(async ({ url }) => {
      const isReady = (await fetch(`${url}/ready`)).ok;
      const stats = await fetch(`${url}/api/v1/ws/stats`, { headers: { authorization: `Bearer ${token}` } });
      return isReady && ((await stats.json()) as { data: { nodes: number } }).data.nodes === nodes.length;
    }),
  );
  return seen.every(Boolean);
}

const START_MS = 120_000;

/** Asks the service, because its log is quiet. */
async function untilUp(service: ServiceProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_MS;
  const ended = service.exited.then(({ code }) => {
    throw new Error(`The node ended (${code}): ${JSON.stringify(service.log)} ${service.noise.join('\n')}`);
  });
  ended.catch(() => {});
  for (;;) {
    const answer = fetch(`http://127.0.0.1:${port}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (await Promise.race([answer, ended])) return;
    if (Date.now() > deadline) throw new Error('The node does not come up');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
