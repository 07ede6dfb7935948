// The one place that creates Redis clients: they fail fast, reconnect by themselves and log once per outage.
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { Logger } from '../../lib/logger.ts';
import { LOADING, watchLoading } from './loading.ts';
import { createOutages } from './outages.ts';
import { createRedisRefusals } from './refusals.ts';
import { createRenewal } from './renewal.ts';
import { createLinkWatch } from './watch.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  /** The path of a socket, instead of host and port. */
  readonly path?: string;
}

export interface RedisTarget {
  /** One server, or some nodes of one cluster. */
  readonly nodes: readonly RedisAddress[];
  readonly cluster: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Only for a single server, because a cluster has no databases. */
  readonly db?: number;
  /** `unverified`: the certificate is not checked. */
  readonly tls?: boolean | 'unverified';
}

export interface LinkOptions {
  /** What the server's list of clients shows. */
  readonly name: string;
  /** A link that receives nothing for about this time is cut and made anew, even if nothing is asked of it. */
  readonly timeoutMs: number;
  /** Logs each outage once, and its end. Without a logger, this link's outages are silent. */
  readonly logger?: Logger;
  /** The command sent to a sound but quiet link, instead of PING. */
  readonly probe?: () => Promise<unknown>;
}

export interface RedisLink<Client> {
  /** If the link is down, commands reject at once. If it is cut, all commands that wait for an answer reject. */
  readonly client: Client;
  /** Settles when the first attempt to connect has succeeded or failed, or has to wait. Never rejects. */
  readonly attempted: Promise<void>;
  /** A command failed. Returns true if the server answered and refused it: the log and `/ready` then say so. */
  failed(error: unknown): boolean;
  /** The link did its work: if it was refused before, that is over. Costs nothing otherwise. */
  succeeded(): void;
  close(): void;
}

export type RedisConnection = ReturnType<typeof createRedisConnection>;

const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_PAUSE_MS = 1_000;
const SLOTS_REFRESH_MS = 5_000;

/**
 * Does not connect yet, because each backend asks for its own links. Never throws, even if Redis is away. Logs what
 * Redis refuses to `logger`.
 */
export function createRedisConnection(target: RedisTarget, logger?: Logger) {
  const closers = new Set<() => void>();
  const watchLinks = createLinkWatch();
  const refusals = createRedisRefusals(logger);
  const watchOutages = createOutages();
  const renewal = createRenewal();

  function link<Client extends Redis | Cluster>(client: Client, options: LinkOptions): RedisLink<Client> {
    const { name } = options;
    /** Whether the server lets the link in, which says nothing about what it does then. */
    const entry = `${name}: connecting`;
    const watched = watchOutages(client, options.logger, (error) => refusals.failed(entry, error));
    const renewable = {
      // The nodes of a cluster report by themselves which are masters.
      isUp: () => client instanceof Redis && client.status === 'ready',
      cut() {
        watched.expectClose();
        client.disconnect(true);
      },
    };
    const ends = [
      watched.end,
      renewal.add(renewable),
      watchLinks({
        links: () => (client instanceof Cluster ? client.nodes() : [client]),
        timeoutMs: options.timeoutMs,
        probe: options.probe,
        onReady: () => refusals.succeeded(entry),
      }),
    ];
    const attempt = firstAttempt(client);
    if (client instanceof Redis) {
      watchLoading(client, () => {
        refusals.failed(entry, LOADING);
        attempt.end();
      });
    }
    const close = (): void => {
      closers.delete(close);
      for (const end of ends) end();
      client.disconnect();
    };
    closers.add(close);
    return {
      client,
      close,
      attempted: attempt.ended,
      failed(error) {
        const kind = refusals.failed(name, error);
        if (kind?.moved) renewal.moved(renewable);
        return kind !== undefined;
      },
      succeeded() {
        refusals.succeeded(name);
        renewal.succeeded(renewable);
      },
    };
  }

  return {
    /** The database. Publications reach all databases, so their names must tell two services apart. */
    db: target.db ?? 0,
    cluster: target.cluster,
    nodes: target.nodes,
    /** A link for commands on keys. In a cluster, each command goes to the node that has the key. */
    keys: (options: LinkOptions): RedisLink<Redis | Cluster> =>
      link(target.cluster ? clusterClient(target, options) : nodeClient(target, options), options),
    /**
     * A link to one server, for publishing, subscribing and questions. After a loss the next of the addresses is tried.
     * Without `addresses`, these are the target's.
     */
    single: (options: LinkOptions, addresses?: () => readonly RedisAddress[]): RedisLink<Redis> =>
      link(nodeClient(target, options, addresses), options),
    /** Why Redis cannot be relied on although it answers, in few words. Undefined if it can. */
    refusal: refusals.reason,
    /** Ends all links that are still open. */
    close(): void {
      for (const close of closers) close();
    },
  };
}

function nodeClient(target: RedisTarget, options: LinkOptions, addresses = () => target.nodes): Redis {
  // Different links begin with different nodes of a cluster.
  const offset = Math.floor(Math.random() * addresses().length);
  const nodeAt = (index: number) => {
    const nodes = addresses();
    const node = nodes[(offset + index) % nodes.length];
    return node?.path === undefined ? { host: node?.host, port: node?.port } : { path: node.path };
  };
  const client: Redis = new Redis({
    ...commonOptions(target, options),
    ...nodeAt(0),
    db: target.db ?? 0,
    enableOfflineQueue: false,
    retryStrategy(attempt) {
      Object.assign(client.options, nodeAt(attempt));
      return pause(attempt);
    },
  });
  return client;
}

function clusterClient(target: RedisTarget, options: LinkOptions): Cluster {
  const nodes = target.nodes.map(({ host, port }) => ({ host, port }));
  return new Cluster(nodes, {
    // In a cluster, a command may go through several nodes to find the one with its key. This bounds all of that.
    redisOptions: { ...commonOptions(target, options), commandTimeout: 2 * options.timeoutMs },
    enableOfflineQueue: false,
    clusterRetryStrategy: pause,
    maxRedirections: 4,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    // Names stay names, because certificates are issued for them. Sockets resolve them by themselves.
    dnsLookup: (address, callback) => callback(null, address),
  });
}

function commonOptions(target: RedisTarget, { name }: LinkOptions) {
  return {
    username: target.username,
    password: target.password,
    tls: target.tls ? { rejectUnauthorized: target.tls !== 'unverified' } : undefined,
    connectionName: name,
    // Commands of one turn of the event loop leave in one write.
    enableAutoPipelining: true,
    // A look at an idle link would only pay for it.
    autoPipeliningIgnoredCommands: ['ping'],
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: 100,
    maxLoadingRetryTime: LONGEST_PAUSE_MS,
    // What was sent when a link broke may have been done, so it is never sent again.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    autoResubscribe: false,
  } satisfies RedisOptions;
}

/** Milliseconds to wait after the `attempt`-th failure: 50, 100, 200 … 1000, plus up to a fifth. */
function pause(attempt: number): number {
  const base = Math.min(LONGEST_PAUSE_MS, 50 * 2 ** Math.min(attempt - 1, 5));
  return base * (1 + Math.random() / 5);
}

function firstAttempt(client: Redis | Cluster): { readonly ended: Promise<void>; end(): void } {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  client.once('ready', end);
  client.once('close', end);
  return { ended, end };
}
