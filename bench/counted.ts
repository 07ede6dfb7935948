// The service that counts its writes, as its parent uses it.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Counts } from './counted-service.ts';
import { SECRET } from './load/people.ts';

export interface Counted {
  readonly child: ChildProcess;
  readonly port: number;
  /** Counts since the last call. */
  counts(): Promise<Counts>;
}

/** Resolves when it can be used. It ends when its channel is disconnected. */
export async function startCounted(databaseUrl: string, redisUrl: string): Promise<Counted> {
  const child = fork(fileURLToPath(new URL('counted-service.ts', import.meta.url)), {
    execArgv: ['--expose-gc', '--import', 'tsx'],
    env: {
      ...process.env,
      PORT: '0',
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      MIGRATE_ON_START: 'true',
      JWT_SECRET: SECRET,
      RATE_LIMIT_MAX_REQUESTS: '0',
      WS_RATE_LIMIT_PER_SECOND: '0',
    },
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    child,
    port,
    async counts() {
      child.send('counts');
      const [counts] = (await once(child, 'message')) as [Counts];
      return counts;
    },
  };
}
