// Several nodes behind the proxy that ships with the service, found by name. Users see one address.
import { inject } from 'vitest';
import { type DnsServer, startDnsServer } from './dns-server.ts';
import { type ProxyServer, startProxy } from './haproxy.ts';
import { type ServiceProcess, spawnServiceProcess, startServiceProcess } from './node-process.ts';
import { createDatabase } from './postgres.ts';
import { startRedis } from './redis.ts';
import { freePort } from './server-process.ts';
import { type Env, QUIET, runStatements, type Service, type Target, withService } from './service-under-test.ts';
import { until } from './until.ts';

/** A cluster whose only known address is that of its proxy. */
export interface ProxiedService extends Service {
  readonly proxy: ProxyServer;
  /** Starts one more node and lets the name lead to it too. */
  addNode(): Promise<ServiceProcess>;
  /** Removes a node's address from the name. The node goes on. */
  forget(node: ServiceProcess): void;
}

export interface ProxyTarget extends Target {
  start(env?: Env): Promise<ProxiedService>;
}

/** `proxyEnv` is added to the environment of the proxy. */
export function proxyTarget(size = 3, proxyEnv: Env = {}): ProxyTarget {
  return {
    name: `${size} nodes behind the proxy`,
    kind: 'cluster',
    prepareData: async () => {},
    spawn: spawnServiceProcess,
    start: (env = {}) => startBehindProxy(size, env, proxyEnv),
  };
}

async function startBehindProxy(size: number, env: Env, proxyEnv: Env): Promise<ProxiedService> {
  const [database, redis, dns] = await Promise.all([
    createDatabase(inject('postgresUrl')),
    startRedis(),
    startDnsServer(),
  ]);
  const shared = { DATABASE_URL: database.url, REDIS_URL: redis.url, DB_POOL_MAX: '5', MIGRATE_ON_START: 'true' };
  const nodes = createNodes(await freePort(), { ...QUIET, NODE_ENV: 'production', ...shared, ...env }, dns);
  await Promise.all(Array.from({ length: size }, nodes.add));
  const proxy = await startProxy({ NODES: nodes.address, DNS_SERVER: dns.address, ...proxyEnv });
  await until('the proxy knows nodes that are ready', async () => (await fetch(`${proxy.url}/ready`)).ok);
  return {
    nodes: nodes.list,
    redis,
    proxy,
    url: () => proxy.url,
    sql: (statements) => runStatements(database.url, statements),
    addNode: nodes.add,
    forget: nodes.forget,
    async stop() {
      await proxy.stop();
      await Promise.all([...nodes.list.map((node) => node.stop('SIGKILL')), dns.stop()]);
      await Promise.all([database.drop(), redis.stop()]);
    },
  };
}

/** Nodes like containers: one port, an address for each, and one name for all. */
function createNodes(port: number, env: Env, dns: DnsServer) {
  const list: ServiceProcess[] = [];
  const known = new Map<ServiceProcess, string>();
  let last = 1;
  return {
    list,
    address: `nodes.test:${port}`,
    async add(): Promise<ServiceProcess> {
      last += 1;
      const address = `127.0.0.${last}`;
      const node = await startServiceProcess({ env: { ...env, HOST: address, PORT: String(port) } });
      list.push(node);
      known.set(node, address);
      dns.answer([...known.values()]);
      return node;
    },
    forget(node: ServiceProcess): void {
      known.delete(node);
      dns.answer([...known.values()]);
    },
  };
}

/** As `withService`, with what only a service behind a proxy can do. */
export function withProxiedService(target: ProxyTarget, env: Env = {}): ProxiedService {
  let started: ProxiedService | undefined;
  const running = (): ProxiedService => {
    if (!started) throw new Error('The service runs inside tests only');
    return started;
  };
  const start: ProxyTarget['start'] = async (more) => {
    started = await target.start(more);
    return started;
  };
  const service = withService({ ...target, start }, env);
  return Object.defineProperties(service, {
    proxy: { get: () => running().proxy },
    addNode: { value: () => running().addNode() },
    forget: { value: (node: ServiceProcess) => running().forget(node) },
  }) as ProxiedService;
}
