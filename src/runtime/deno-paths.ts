// For `deno task`: lists the files outside the project that the settings name, for `--allow-read` or `--allow-write`.
// It only has permission for the environment and `.env`. The service reports wrong settings, not this.

import { loadEnvFile } from './config/env-file.ts';
import { type PostgresTarget, parseDatabaseUrl } from './config/postgres-target.ts';
import { parseRedisUrl } from './config/redis-target.ts';
import { Refused } from './config/refused.ts';

const DEFAULT = './data';

try {
  loadEnvFile();
} catch {
  // The service will report it.
}

const { DATA_DIR, DATABASE_URL = '', DB_HOST = '', DB_SSL_CA, REDIS_URL = '' } = process.env;
const wanted = process.argv.at(-1) === 'write' ? written() : [...written(), ...read()];
// Deno takes no path with a comma. The service then reports what it may not do.
const paths = wanted.map((path) => path?.trim() ?? '').filter((path) => path !== '' && !path.includes(','));
console.log([DEFAULT, ...paths].join(','));

function written(): (string | undefined)[] {
  return [DATA_DIR?.trim() || DEFAULT, ...sockets()];
}

function read(): (string | undefined)[] {
  const { authorityFile, certificateFile, keyFile } = database()?.settings ?? {};
  const secrets = Object.entries(process.env).filter(([name]) => /^[A-Z_]+_FILE$/.test(name));
  return [DB_SSL_CA, authorityFile, certificateFile, keyFile, ...secrets.map(([, path]) => path)];
}

/** Reaching a socket means reading and writing its file. */
function sockets(): string[] {
  const redis = REDIS_URL === '' ? undefined : parseRedisUrl(REDIS_URL);
  const paths = redis === undefined || redis instanceof Refused ? [] : redis.nodes.map(({ path }) => path);
  const hosts = [DB_HOST, ...(database()?.hosts ?? []).map(({ host }) => host)];
  return [...paths.filter((path) => path !== undefined), ...hosts.filter((host) => host.startsWith('/'))];
}

function database(): PostgresTarget | undefined {
  const target = DATABASE_URL === '' ? undefined : parseDatabaseUrl(DATABASE_URL);
  return target instanceof Refused ? undefined : target;
}
