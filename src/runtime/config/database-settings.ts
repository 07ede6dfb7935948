// The settings of the database: what its variables take, and what they mean together.
import { join, resolve } from 'node:path';
import type { DatabaseOptions } from '../../database/connect.ts';
import { field } from './env-fields.ts';
import { parseHosts } from './postgres-address.ts';
import type { TlsMode } from './postgres-parameters.ts';
import { type PostgresTarget, parseDatabaseUrl, postgresOptions } from './postgres-target.ts';
import type { Refused } from './refused.ts';
import type { Environment } from './secret-files.ts';
import type { ReadText } from './text-file.ts';

export const databaseUrl = field(
  'an address like postgres://user:password@host:5432/name (in a password %40 for an @, %2F for a /, %3F for a ?)',
  parseDatabaseUrl,
);

export const databaseHost = field('a host name, an address, or the folder of a socket', (value) =>
  parseHosts(value) ? value : undefined,
);

const TLS: Readonly<Record<string, TlsMode>> = {
  true: 'full',
  '1': 'full',
  'no-verify': 'encrypted',
  false: 'off',
  '0': 'off',
};
export const databaseTls = field('true, no-verify or false', (value) =>
  Object.hasOwn(TLS, value.toLowerCase()) ? TLS[value.toLowerCase()] : undefined,
);

export interface DatabaseSettings {
  readonly DATABASE_URL?: PostgresTarget | undefined;
  readonly DB_HOST?: string | undefined;
  readonly DB_PORT: number;
  readonly DB_USERNAME: string;
  readonly DB_PASSWORD?: string | undefined;
  readonly DB_NAME: string;
  readonly DB_SSL: TlsMode;
  readonly DB_SSL_CA?: string | undefined;
  readonly DB_POOL_MAX?: number | undefined;
  readonly DATA_DIR: string;
}

/** Refuses files of certificates that cannot be read or used. */
export function databaseOptions(env: DatabaseSettings, readText: ReadText): DatabaseOptions | Refused {
  const target = env.DATABASE_URL ?? targetFromParts(env);
  if (target === undefined) return { kind: 'embedded', directory: join(resolve(env.DATA_DIR), 'postgres') };
  const defaults = { poolMax: env.DB_POOL_MAX, tls: env.DB_SSL, authorityFile: env.DB_SSL_CA };
  return postgresOptions(target, defaults, readText);
}

function targetFromParts(env: DatabaseSettings): PostgresTarget | undefined {
  const hosts = env.DB_HOST === undefined ? undefined : parseHosts(env.DB_HOST, String(env.DB_PORT));
  if (!hosts) return undefined;
  const { DB_USERNAME: user, DB_PASSWORD: secret, DB_NAME: database } = env;
  return { user, password: secret, hosts, database, parameters: new Map(), settings: { session: {} } };
}

/** The variable that names the certificates. */
export function tlsVariable(given: Environment): string {
  if (given.DB_SSL_CA !== undefined) return 'DB_SSL_CA';
  return given.DATABASE_URL === undefined ? 'DB_SSL' : 'DATABASE_URL';
}
