// Which Redis: from one address, the addresses of a cluster's nodes, or single variables.
import type { RedisTarget } from '../backends/redis-connection.ts';
import { isDecodable, splitList } from './env-fields.ts';

const DEFAULT_PORT = 6379;

/** `redis://` or `rediss://` addresses, comma-separated for a cluster, whose nodes share one user, password and TLS. */
export function parseRedisUrl(text: string): RedisTarget | undefined {
  const urls = splitList(text).map(parseNode);
  const [first, ...others] = urls;
  if (!first || urls.includes(undefined)) return undefined;
  if (others.some((url) => url?.protocol !== first.protocol)) return undefined;
  const named = urls.find((url) => url?.password) ?? first;
  const db = Number(first.pathname.slice(1));
  if (others.length > 0 && db > 0) return undefined;
  return {
    nodes: urls.map((url) => ({ host: hostOf(url as URL), port: Number((url as URL).port) || DEFAULT_PORT })),
    cluster: others.length > 0,
    ...(named.username && { username: decodeURIComponent(named.username) }),
    ...(named.password && { password: decodeURIComponent(named.password) }),
    ...(db > 0 && { db }),
    ...(first.protocol === 'rediss:' && { tls: true }),
  };
}

/** One node's address; the scheme may be missing after the first comma, as people write it. */
function parseNode(text: string): URL | undefined {
  const address = /^[a-z]+:\/\//i.test(text) ? text : `redis://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isRedis = url && /^rediss?:$/.test(url.protocol) && url.hostname && /^\/?\d{0,4}$/.test(url.pathname);
  return isRedis && isDecodable(url.username) && isDecodable(url.password) ? url : undefined;
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}
