// Once for the whole run: the built service, one PostgreSQL and one Redis, from the environment or started here.
import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's connection, to create databases with. */
    postgresUrl: string;
    redisUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  execFileSync(process.execPath, ['scripts/build-if-stale.mjs'], { stdio: 'inherit' });
  const postgres = given('TEST_DATABASE_URL') ?? (await startPostgres());
  const redis = given('TEST_REDIS_URL') ?? (await startRedis());
  project.provide('postgresUrl', postgres.url);
  project.provide('redisUrl', redis.url);
  return async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
  };
}

function given(variable: string): { url: string; stop(): Promise<void> } | undefined {
  const url = process.env[variable];
  return url ? { url, stop: async () => {} } : undefined;
}
