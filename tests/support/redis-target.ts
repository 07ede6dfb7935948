// The Redis of a test, in the form that the service's own parts take.
import type { RedisTarget } from '../../src/backends/redis/connection.ts';

export function redisTarget(url: string): RedisTarget {
  const { hostname, port, username, password, pathname, protocol } = new URL(url);
  return {
    nodes: [{ host: hostname, port: Number(port) || 6379 }],
    cluster: false,
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    db: Number(pathname.slice(1)),
    tls: protocol === 'rediss:',
  };
}
