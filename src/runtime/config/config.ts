// The environment, read and checked once at the start: every setting of the service and what it takes.
import { resolve } from 'node:path';
import * as z from 'zod';
import type { RedisTarget } from '../../backends/redis/connection.ts';
import type { DatabaseOptions } from '../../database/connect.ts';
import { durationSeconds } from '../../lib/duration.ts';
import { DATABASE_SETTINGS, databaseOptions, tlsVariable } from './database-settings.ts';
import { field, flag, list, oneOf, text, wholeNumber } from './env-fields.ts';
import { type Origins, origins } from './origins.ts';
import { parseRedisUrl } from './redis-target.ts';
import { Refused } from './refused.ts';
import { type Environment as Given, readSecretFiles } from './secret-files.ts';
import { secretNotes, secretSettings } from './secret-settings.ts';
import { type ReadText, readTextFile } from './text-file.ts';

export type Config = ReturnType<typeof toConfig>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** A bad environment. Has one line for each problem, in the order of the variables. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`Bad configuration: ${problems.join('; ')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

/** Values that no message may show: secrets, and addresses that may contain one. */
const SECRET = new Set([
  ...['JWT_SECRET', 'JWT_SECRET_NEXT', 'JWT_SECRET_PREVIOUS'],
  ...['DATABASE_URL', 'DB_PASSWORD', 'REDIS_URL', 'REDIS_PASSWORD'],
]);
const SHOWN_LENGTH = 80;

const MAX_INT = 2_147_483_647;
const LOCALHOST_ORIGIN = 'http://localhost:3000';

const port = wholeNumber(0, 65_535);
const count = wholeNumber(0, MAX_INT);

const redisUrl = field(
  'an address like redis://:password@host:6379/0 (rediss:// for TLS, unix:/path for a socket), or those of several cluster nodes with commas between',
  parseRedisUrl,
);

const redisPrefix = field(
  'at most 64 of the characters A-Z a-z 0-9 . : _ - (braces would choose a cluster slot)',
  (value) => (/^[\w.:-]{1,64}$/.test(value) ? value : undefined),
);

const jwtExpiresIn = field('a time like 90s, 15m, 24h, 7d or 3600 (seconds)', (value) =>
  durationSeconds(value) === undefined ? undefined : value,
);

const adminEmails = list('comma-separated email addresses', (item) =>
  /^[^\s@]+@[^\s@]+$/.test(item) ? item : undefined,
);

function environmentSchema(production: boolean) {
  return z.object({
    PORT: port.default(3000),
    HOST: text('an address to listen on').default('0.0.0.0'),
    NODE_ENV: oneOf('development', 'test', 'production').default('development'),
    ...DATABASE_SETTINGS,
    MIGRATE_ON_START: flag().default(false),
    REDIS_URL: redisUrl.optional(),
    REDIS_HOST: text('a host name or address').optional(),
    REDIS_PORT: wholeNumber(1, 65_535).default(6379),
    REDIS_PASSWORD: z.string().optional(),
    REDIS_DB: wholeNumber(0, 9999).default(0),
    REDIS_PREFIX: redisPrefix.default('chat:'),
    DATA_DIR: text('a directory').default('./data'),
    ...secretSettings(production),
    JWT_EXPIRES_IN: jwtExpiresIn.default('24h'),
    CORS_ORIGIN: origins().default({ allowed: [LOCALHOST_ORIGIN], changed: [] }),
    WS_CORS_ORIGIN: origins().default({ allowed: [LOCALHOST_ORIGIN], changed: [] }),
    RATE_LIMIT_WINDOW_MS: count.default(900_000),
    RATE_LIMIT_MAX_REQUESTS: count.default(100),
    AUTH_RATE_LIMIT_MAX_REQUESTS: count.default(20),
    AUTH_FAILURES_PER_ACCOUNT: count.default(100),
    MAX_CONNECTIONS_PER_USER: count.default(200),
    MAX_UNAUTHENTICATED_PER_ADDRESS: count.default(1000),
    WS_RATE_LIMIT_PER_SECOND: wholeNumber(0, 1_000_000).default(50),
    TRUST_PROXY: flag().default(false),
    ADMIN_EMAILS: adminEmails.default([]),
    PUBLIC_EMAILS: flag().default(true),
    ERASE_DELETED: flag().default(true),
    MAX_TEXT_LENGTH: wholeNumber(1, 10_000_000).default(10_000),
    MAX_FRAME_BYTES: wholeNumber(256, 100_000_000).default(65_536),
    WS_SHARED_FRAMES: flag().default(true),
    MAX_BUFFERED_BYTES: wholeNumber(1024, MAX_INT).default(1_048_576),
    SLOW_READER_TIMEOUT_MS: wholeNumber(100, MAX_INT).default(30_000),
    KEEP_ALIVE_TIMEOUT_MS: wholeNumber(1_000, 3_600_000).default(65_000),
    LOG_LEVEL: oneOf(...LOG_LEVELS).default('info'),
  });
}

type Environment = z.output<ReturnType<typeof environmentSchema>>;

/**
 * Reads all settings from environment variables, and secrets from the files that they name. Empty variables count as
 * unset. Throws ConfigError with every problem.
 */
export function readConfig(env: Given, readText: ReadText = readTextFile): Config {
  const files = readSecretFiles(env, SECRET, readText);
  const given = Object.fromEntries(
    Object.entries(files.env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const result = environmentSchema(given.NODE_ENV?.trim() === 'production').safeParse(given);
  const issues = (result.error?.issues ?? []).map(({ path, message }) => [String(path[0]), message] as const);
  const problems = [...issues.filter(([name]) => !files.problems.has(`${name}_FILE`)), ...files.problems];
  const database = result.success ? databaseOptions(result.data, readText) : undefined;
  if (database instanceof Refused) problems.push([tlsVariable(given), database.takes]);
  if (problems.length === 0 && result.success && database && !(database instanceof Refused)) {
    return toConfig(result.data, database);
  }
  throw new ConfigError(problems.map(([name, takes]) => describe(name, given, takes)));
}

function describe(name: string, given: Readonly<Record<string, string | undefined>>, takes: string): string {
  const value = given[name];
  if (value === undefined) return `${name} is not set: it takes ${takes}`;
  if (SECRET.has(name)) return `${name} (value not shown): it takes ${takes}`;
  const shown = value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value;
  return `${name}=${JSON.stringify(shown)}: it takes ${takes}`;
}

function toConfig(env: Environment, database: DatabaseOptions) {
  return Object.freeze({
    host: env.HOST,
    /** 0 picks a free port. */
    port: env.PORT,
    production: env.NODE_ENV === 'production',
    database,
    migrateOnStart: env.MIGRATE_ON_START,
    /** Null means one node, with everything in memory. */
    redis: redisTarget(env),
    /** Precedes the deployment's own id in the names of keys and channels. */
    redisPrefix: env.REDIS_PREFIX,
    /** Absolute. */
    dataDir: resolve(env.DATA_DIR),
    /** Null means a secret generated in the data directory. Never null in production. */
    jwtSecret: env.JWT_SECRET ?? null,
    /** Secrets whose tokens are valid besides those of `jwtSecret`, while it is being replaced. At most two. */
    jwtSecretsAccepted: acceptedSecrets(env),
    jwtExpiresIn: env.JWT_EXPIRES_IN,
    corsOrigins: env.CORS_ORIGIN.allowed,
    wsCorsOrigins: env.WS_CORS_ORIGIN.allowed,
    /** A limit of 0 is off. */
    rateLimit: Object.freeze({
      windowMs: env.RATE_LIMIT_WINDOW_MS,
      maxRequests: env.RATE_LIMIT_MAX_REQUESTS,
      authMaxRequests: env.AUTH_RATE_LIMIT_MAX_REQUESTS,
      authFailuresPerAccount: env.AUTH_FAILURES_PER_ACCOUNT,
      framesPerSecond: env.WS_RATE_LIMIT_PER_SECOND,
    }),
    /** Over all nodes. 0 means no limit. */
    maxConnectionsPerUser: env.MAX_CONNECTIONS_PER_USER,
    /** On this node. 0 means no limit. */
    maxUnauthenticatedPerAddress: env.MAX_UNAUTHENTICATED_PER_ADDRESS,
    trustProxy: env.TRUST_PROXY,
    /** Exactly as accounts have them. */
    adminEmails: env.ADMIN_EMAILS,
    /** Whether users see each other's email addresses. */
    publicEmails: env.PUBLIC_EMAILS,
    /** Whether deleting something also removes its content from the database. */
    eraseDeleted: env.ERASE_DELETED,
    maxTextLength: env.MAX_TEXT_LENGTH,
    maxFrameBytes: env.MAX_FRAME_BYTES,
    /**
     * If true, a frame is built once for all connections that get it. Otherwise the WebSocket library builds it for
     * each.
     */
    sharedFrames: env.WS_SHARED_FRAMES,
    maxBufferedBytes: env.MAX_BUFFERED_BYTES,
    slowReaderTimeoutMs: env.SLOW_READER_TIMEOUT_MS,
    /** How long an HTTP connection may be idle. Must be longer than a proxy in front of the service keeps its own. */
    keepAliveTimeoutMs: env.KEEP_ALIVE_TIMEOUT_MS,
    logLevel: env.LOG_LEVEL,
    /** What was corrected, or accepted although it is weak: a line each. */
    notes: notesOf(env),
  });
}

function acceptedSecrets({ JWT_SECRET_NEXT, JWT_SECRET_PREVIOUS }: Environment): readonly string[] {
  return [JWT_SECRET_NEXT, JWT_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
}

function notesOf(env: Environment): readonly string[] {
  return [
    ...secretNotes(env),
    ...originNotes('CORS_ORIGIN', env.CORS_ORIGIN),
    ...originNotes('WS_CORS_ORIGIN', env.WS_CORS_ORIGIN),
  ];
}

function originNotes(name: string, { changed }: Origins): string[] {
  return changed.map(([given, taken]) => `${name}: ${JSON.stringify(given)} is taken as ${taken}`);
}

function redisTarget(env: Environment): RedisTarget | null {
  if (env.REDIS_URL !== undefined) return env.REDIS_URL;
  if (env.REDIS_HOST === undefined) return null;
  return {
    nodes: [{ host: env.REDIS_HOST, port: env.REDIS_PORT }],
    cluster: false,
    ...(env.REDIS_PASSWORD !== undefined && { password: env.REDIS_PASSWORD }),
    ...(env.REDIS_DB > 0 && { db: env.REDIS_DB }),
  };
}
