// The settings of the database: what its variables take, and what they mean together.
import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { DatabaseOptions } from '../../database/connect.ts';
import { field, text, wholeNumber } from './env-fields.ts';
import { parseHosts } from './postgres-address.ts';
import type { TlsMode } from './postgres-parameters.ts';
import { type PostgresTarget, parseDatabaseUrl, postgresOptions } from './postgres-target.ts';
import type { Refused } from './refused.ts';
import type { Environment } from './secret-files.ts';
import type { ReadText } from './text-file.ts';

const databaseUrl = field(
  'an address like postgres://user:password@host:5432/name (in a password %40 for an @, %2F for a /, %3F for a ?)',
  parseDatabaseUrl,
);

const databaseHost = field('a host name, an address, or the folder of a socket', (value) =>
  parseHosts(value) ? value : undefined,
);

const TLS: Readonly<Record<string, TlsMode>> = {
  true: 'full',
  '1': 'full',
  'no-verify': 'encrypted',
  false: 'off',
  '0': 'off',
};
const databaseTls = field('true, no-verify or false', (value) =>
  Object.hasOwn(TLS, value.toLowerCase()) ? TLS[value.toLowerCase()] : undefined,
);

export const DATABASE_SETTINGS = {
  DATABASE_URL: databaseUrl.optional(),
  DB_HOST: databaseHost.optional(),
  DB_PORT: wholeNumber(1, 65_535).default(5432),
  DB_USERNAME: text('a user name').default('postgres'),
  DB_PASSWORD: z.string().optional(),
  DB_NAME: text('the name of a database').default('chat_service'),
  DB_SSL: databaseTls.default('off'),
  DB_SSL_CA: text('the path of a file with certificates').optional(),
  DB_POOL_MAX: wholeNumber(1, 1000).optional(),
};

type DatabaseSettings = z.output<z.ZodObject<typeof DATABASE_SETTINGS>> & { readonly DATA_DIR: string };

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
