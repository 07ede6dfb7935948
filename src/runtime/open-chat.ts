// The service without a server: opens the data directory, the database and Redis, and connects all parts.
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { Clock } from '../backends/clock/clock.ts';
import { readDeploymentId } from '../database/deployment-id.ts';
import type { Logger } from '../lib/logger.ts';
import type { Teardown } from '../lib/teardown.ts';
import { type Chat, composeChat } from './compose.ts';
import type { Config } from './config/config.ts';
import { createReadiness } from './readiness.ts';
import { generatedSecret, holdDataDir } from './storage/data-dir.ts';
import { openDatabase } from './storage/database-start.ts';
import { makeEmbedded } from './storage/new-embedded.ts';
import { createBackends } from './storage/open-backends.ts';

export interface OpenOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long to wait for a database that is away. */
  readonly databasePatienceMs?: number;
  /** True once the service stops. */
  readonly stopping: () => boolean;
  /** Collects the steps that undo all of this. */
  readonly teardown: Teardown;
}

/** Throws StartError for problems that a person can solve. What was opened until then is in the teardown. */
export async function openChat(config: Config, options: OpenOptions): Promise<Chat> {
  const { logger, clock, stopping, teardown } = options;
  const nodeId = randomUUID();
  if (config.database.kind === 'embedded') {
    teardown.add('data directory', holdDataDir(config.dataDir, logger));
    await makeEmbedded(resolve(config.database.directory));
  }
  const jwtSecret = config.jwtSecret ?? generatedSecret(config.dataDir);
  const { database, migrateOnStart } = config;
  const databaseHandle = await openDatabase({
    database,
    migrateOnStart,
    logger,
    ...(options.databasePatienceMs !== undefined && { patienceMs: options.databasePatienceMs }),
  });
  teardown.add('database', () => databaseHandle.close());

  // Ids of channels and users begin with 1 in each database, so names in Redis need the deployment's id.
  const prefix = `${config.redisPrefix}${await readDeploymentId(databaseHandle.db)}:`;
  const backends = await createBackends(config, { nodeId, logger, prefix });
  const { broker, presence } = backends;
  teardown.add('Redis links', () => backends.close());
  teardown.add('broker', () => broker.close());
  teardown.add('presence', () => presence.close());

  const pings = { database: databaseHandle.check, ...backends.checks };
  const readiness = createReadiness({ pings, stopping });
  const chat = composeChat({ config, jwtSecret, nodeId, db: databaseHandle.db, backends, clock, logger, readiness });
  // After all connections have ended.
  teardown.add('last seen', () => chat.lastSeen.flush());
  teardown.add('hub', () => chat.hub.close());
  teardown.add('session watch', () => chat.sessionWatch.close());
  teardown.add('erasure', () => chat.erasure.close());
  await chat.sessionWatch.start();
  await chat.hub.start();
  chat.erasure.start();
  return chat;
}
