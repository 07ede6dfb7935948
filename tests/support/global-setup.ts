// One PostgreSQL and one Redis for the whole run: those of the environment, else started here.
import type { TestProject } from 'vitest/node';
import { startPostgres } from './postgres.ts';
import { startRedis } from './redis.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's connection, to make databases with. */
    postgresUrl: string;
    redisUrl: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
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
