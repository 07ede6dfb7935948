// The product as its users run it: nodes as separate processes, one embedded or several on PostgreSQL and Redis.
import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import postgres from 'postgres';
import { afterAll, beforeAll, inject } from 'vitest';
import {
  type ServiceProcess,
  type ServiceProcessOptions,
  spawnServiceProcess,
  startServiceProcess,
} from './node-process.ts';
import { createDatabase } from './postgres.ts';
import { type RedisServer, startRedis } from './redis.ts';
import { installRuntimes, type Runtime } from './runtimes.ts';
import { freePort, removeDirectory, temporaryDirectory } from './server-process.ts';

/** The secret of nodes under test. Generated, because production accepts none that is printed. */
export const SECRET = randomBytes(32).toString('base64url');
export const ADMIN_EMAIL = 'admin@example.com';
/** The one origin that browsers may come from. */
export const ORIGIN = 'http://app.example';

export type Env = Readonly<Record<string, string>>;
export type Row = Record<string, unknown>;

/** A running service: one node, or several that share a database and Redis. */
export interface Service {
  readonly nodes: readonly ServiceProcess[];
  /** The cluster's own Redis. */
  readonly redis: RedisServer | undefined;
  /** The address of a node. The index wraps around, so 1 is another node if there is one. */
  url(index: number): string;
  /** Runs statements in the database. This stops an embedded service, and its connections end. */
  sql(statements: string): Promise<Row[]>;
  stop(): Promise<void>;
}

/** An environment that the suite runs over. */
export interface Target {
  readonly name: string;
  readonly kind: 'embedded' | 'cluster';
  /** Starts a service of its own, on a fresh database. `env` is added to what all tests need. */
  start(env?: Env): Promise<Service>;
  /**
   * Puts an empty database into a data directory, for a test that starts a process itself. Quicker than creating one.
   */
  prepareData(directory: string): Promise<void>;
  /** Starts a process with only the settings of `options`. Does not wait. */
  spawn(options: ServiceProcessOptions): ServiceProcess;
}

/** Limits are off. A suite about a limit turns it on. */
export const QUIET: Env = {
  JWT_SECRET: SECRET,
  ADMIN_EMAILS: ADMIN_EMAIL,
  CORS_ORIGIN: ORIGIN,
  WS_CORS_ORIGIN: ORIGIN,
  RATE_LIMIT_MAX_REQUESTS: '0',
  AUTH_RATE_LIMIT_MAX_REQUESTS: '0',
  WS_RATE_LIMIT_PER_SECOND: '0',
};

/** One node on the embedded database, with everything else in its memory. */
export function embeddedTarget(runtime: Runtime = 'node'): Target {
  // The first start creates the database. The others begin with a copy of it, which is quicker.
  let template: Promise<string> | undefined;
  async function prepareData(directory: string): Promise<void> {
    template ??= makeTemplate(runtime);
    cpSync(await template, directory, { recursive: true });
  }
  return {
    name: 'one node on the embedded database',
    kind: 'embedded',
    prepareData,
    spawn: (options) => spawnServiceProcess({ runtime, ...options }),
    async start(env = {}) {
      const directory = temporaryDirectory('embedded');
      await prepareData(directory);
      return startEmbedded(runtime, directory, { ...QUIET, ...env, DATA_DIR: directory });
    },
  };
}

async function makeTemplate(runtime: Runtime): Promise<string> {
  const directory = temporaryDirectory('template');
  process.once('exit', () => removeDirectory(directory));
  await installRuntimes([runtime]);
  const node = await startServiceProcess({ runtime, env: { ...QUIET, DATA_DIR: directory } });
  await node.stop();
  return directory;
}

async function startEmbedded(runtime: Runtime, directory: string, env: Env): Promise<Service> {
  const start = { runtime, env: { ...env, PORT: String(await freePort()) } };
  let node = await startServiceProcess(start);
  return {
    get nodes() {
      return [node];
    },
    redis: undefined,
    url: () => node.url,
    async sql(statements) {
      await node.stop();
      const rows = await runEmbedded(directory, statements);
      node = await startServiceProcess(start);
      return rows;
    },
    async stop() {
      await node.stop('SIGKILL');
      removeDirectory(directory);
    },
  };
}

async function runEmbedded(directory: string, statements: string): Promise<Row[]> {
  const files = [directory, ...readdirSync(directory).map((name) => join(directory, name))];
  const data = files.find((file) => existsSync(join(file, 'PG_VERSION')));
  const database = await PGlite.create(data ?? directory);
  try {
    return (await database.exec(statements)).at(-1)?.rows as Row[];
  } finally {
    await database.close();
  }
}

/**
 * Nodes of these runtimes that share a fresh database on the PostgreSQL of the run, and a Redis of their own. Most
 * tests mostly talk to the first node, so each start begins with another runtime.
 */
export function clusterTarget(runtimes: readonly Runtime[] = ['node', 'node']): Target {
  let starts = 0;
  return {
    name: `${runtimes.length} nodes on PostgreSQL and Redis`,
    kind: 'cluster',
    prepareData: async () => {},
    spawn: (options) => spawnServiceProcess({ runtime: runtimes[0] as Runtime, ...options }),
    async start(env = {}) {
      await installRuntimes(runtimes);
      const first = starts++ % runtimes.length;
      return startCluster([...runtimes.slice(first), ...runtimes.slice(0, first)], env);
    },
  };
}

async function startCluster(runtimes: readonly Runtime[], env: Env): Promise<Service> {
  const [database, redis] = await Promise.all([createDatabase(inject('postgresUrl')), startRedis()]);
  const shared = { DATABASE_URL: database.url, REDIS_URL: redis.url, DB_POOL_MAX: '5', MIGRATE_ON_START: 'true' };
  const settings = { ...QUIET, NODE_ENV: 'production', ...shared, ...env };
  const nodes = await Promise.all(runtimes.map((runtime) => startServiceProcess({ runtime, env: settings })));
  return {
    nodes,
    redis,
    url: (index) => (nodes[index % nodes.length] as ServiceProcess).url,
    sql: (statements) => runStatements(database.url, statements),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop('SIGKILL')));
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

/** Runs statements on a PostgreSQL server and returns the rows of the last one. */
export async function runStatements(url: string, statements: string): Promise<Row[]> {
  const connection = postgres(url, { max: 1, onnotice: () => {} });
  const results = await connection.unsafe(statements);
  await connection.end();
  // For several statements the result is a list of results.
  const last: unknown = results.at(-1);
  return Array.isArray(last) ? last : results;
}

/**
 * Starts a service before the tests of a block and stops it after them. The returned object may be used inside the
 * tests.
 */
export function withService(target: Target, env: Env = {}): Service {
  let service: Service | undefined;
  const running = (): Service => {
    if (!service) throw new Error('The service runs inside tests only');
    return service;
  };
  beforeAll(async () => {
    service = await target.start(env);
  }, 180_000);
  afterAll(() => service?.stop());
  return {
    get nodes() {
      return running().nodes;
    },
    get redis() {
      return running().redis;
    },
    url: (index) => running().url(index),
    sql: (statements) => running().sql(statements),
    stop: () => running().stop(),
  };
}
