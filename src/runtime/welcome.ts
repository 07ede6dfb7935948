// The first line of the log: where the service listens, what it uses, and how to give it more.
import type { Config } from './config/config.ts';
import { describeDatabase } from './storage/database-start.ts';

const ANY_ADDRESS = new Set(['0.0.0.0', '::', '']);

export function welcome(config: Pick<Config, 'host' | 'database' | 'redis'>, port: number): string {
  const host = ANY_ADDRESS.has(config.host) ? 'localhost' : config.host;
  const address = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const parts = [describeDatabase(config.database), describeRedis(config.redis)];
  const advice = [
    ...(config.database.kind === 'embedded' ? ['DATABASE_URL (or DB_HOST …) for a PostgreSQL server'] : []),
    ...(config.redis === null ? ['REDIS_URL (or REDIS_HOST …) for several nodes'] : []),
  ];
  const remedy = advice.length > 0 ? `; set ${advice.join(', ')}` : '';
  return `listening on ${address}: ${parts.join(', ')}${remedy}`;
}

function describeRedis(redis: Config['redis']): string {
  if (redis === null) return 'no Redis (one node)';
  const nodes = redis.nodes.map(({ host, port }) => `${host}:${port}`).join(', ');
  return redis.cluster ? `Redis Cluster at ${nodes}` : `Redis at ${nodes}`;
}
