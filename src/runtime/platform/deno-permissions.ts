// Checks that Deno permits what the service needs before anything asks, because a service has nobody to answer.
import type { PostgresOptions } from '../../database/postgres.ts';
import type { Config } from '../config/config.ts';
import { StartError } from '../start-error.ts';
import { type DenoPermission, deno } from './deno-api.ts';

interface Need {
  readonly permission: DenoPermission;
  readonly flag: string;
  readonly why: string;
}

/** The project, as `deno task` sees it. Avoids `node:` modules, which might ask for permissions themselves. */
const ROOT = decodeURIComponent(new URL('../../..', import.meta.url).pathname).replace(/\/$/, '');

const LDD = '/usr/bin/ldd';

/** What is needed even to load everything else. */
export function basicPermissions(): Need[] {
  return [
    { permission: { name: 'env' }, flag: '--allow-env', why: 'settings' },
    file('read', ROOT, 'its own files'),
    // Read by the modules that hash passwords, to choose their binary.
    file('read', LDD, 'the kind of system'),
    { permission: { name: 'sys', kind: 'hostname' }, flag: '--allow-sys=hostname', why: 'the log' },
    file('ffi', `${ROOT}/node_modules`, 'hashing passwords'),
  ];
}

/** What these settings need: where to listen, the servers, and the data directory. */
export function settingsPermissions({ host, port, database, redis, dataDir, jwtSecret }: Config): Need[] {
  const needs = [
    // A free port is not known in advance.
    port === 0 ? net(undefined, 'listening') : net(`${host}:${port}`, 'listening'),
    ...(redis?.nodes ?? []).flatMap(({ host, port, path }) =>
      path === undefined ? [net(`${host}:${port}`, 'Redis')] : readWrite(path, 'Redis'),
    ),
    ...(database.kind === 'postgres' ? postgresNeeds(database) : []),
  ];
  if (database.kind !== 'embedded' && jwtSecret !== null) return needs;
  return [...needs, ...readWrite(dataDir, 'the data directory')];
}

function postgresNeeds({ url, path }: PostgresOptions): Need[] {
  if (path !== undefined) return readWrite(path, 'PostgreSQL');
  return postgresHosts(url).map((each) => net(each, 'PostgreSQL'));
}

/** For a folder, or for a socket, which is reached by reading and writing its file. */
function readWrite(path: string, why: string): Need[] {
  return [file('read', path, why), file('write', path, why)];
}

function net(host: string | undefined, why: string): Need {
  if (host === undefined) return { permission: { name: 'net' }, flag: '--allow-net', why };
  return { permission: { name: 'net', host }, flag: `--allow-net=${host}`, why };
}

function file(name: 'read' | 'write' | 'ffi', path: string, why: string): Need {
  return { permission: { name, path }, flag: `--allow-${name}=${path}`, why };
}

/** The hosts of an address (which may list several), with their ports. */
function postgresHosts(url: string): string[] {
  const authority = url.replace(/^\w+:\/\/(?:[^@/]*@)?/, '').replace(/[/?].*$/s, '');
  return authority.split(',').map((host) => (/:\d+$/.test(host) ? host : `${host}:5432`));
}

/** Throws StartError with one line that names what is missing, and the flags that grant it. */
export function assertPermissions(needs: readonly Need[]): void {
  const missing = needs.filter(({ permission }) => deno().permissions.querySync(permission).state !== 'granted');
  if (missing.length === 0) return;
  const names = missing.map(({ permission: { name }, why }) => `${name} (${why})`).join(', ');
  const flags = missing.map(({ flag }) => flag).join(' ');
  throw new StartError(`Deno does not permit ${names}: start with ${flags}`);
}
