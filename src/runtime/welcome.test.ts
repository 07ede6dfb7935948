// The first line of the log says what is running and what to set for more.
import { expect, test } from 'vitest';
import { readConfig } from './config/config.ts';
import { welcome } from './welcome.ts';

test('all in one process', () => {
  const line = welcome(readConfig({ DATA_DIR: '/srv/chat' }), 3000);
  expect(line).toBe(
    'listening on http://localhost:3000: embedded PostgreSQL in /srv/chat/postgres, no Redis (one node); set DATABASE_URL (or DB_HOST …) for a PostgreSQL server, REDIS_URL (or REDIS_HOST …) for several nodes',
  );
});

test('PostgreSQL and Redis, without their passwords', () => {
  const config = readConfig({
    HOST: '::1',
    DATABASE_URL: 'postgres://me:p%40ss@db.example:5433/chat?sslmode=require',
    REDIS_URL: 'redis://:hidden@one:7000,two',
  });
  expect(welcome(config, 8080)).toBe(
    'listening on http://[::1]:8080: PostgreSQL at db.example:5433/chat, Redis Cluster at one:7000, two:6379',
  );
});
