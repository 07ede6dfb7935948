// Which PostgreSQL to use and how: turns one address, or single variables, into the driver's options.
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { PostgresOptions } from '../../database/postgres.ts';
import { type PostgresAddress, type PostgresHost, parsePostgresAddress } from './postgres-address.ts';
import { isKnownParameter, type PostgresParameters, readParameters, type TlsMode } from './postgres-parameters.ts';
import { Refused } from './refused.ts';
import type { ReadText } from './text-file.ts';

export type PostgresTarget = PostgresAddress & { readonly settings: PostgresParameters };

/** Undefined if the text is no address. */
export function parseDatabaseUrl(text: string): PostgresTarget | Refused | undefined {
  const address = parsePostgresAddress(text, isKnownParameter);
  if (!address) return undefined;
  const settings = readParameters(address.parameters);
  return settings instanceof Refused ? settings : { ...address, settings };
}

export interface TargetDefaults {
  readonly poolMax: number | undefined;
  readonly tls: TlsMode;
  readonly authorityFile: string | undefined;
}

const POOL_MAX = 10;

export function postgresOptions(
  { settings, ...address }: PostgresTarget,
  defaults: TargetDefaults,
  readText: ReadText,
): PostgresOptions | Refused {
  const folder = address.hosts.find(({ host }) => host.startsWith('/'));
  const ssl = folder ? false : tlsOptions(settings, defaults, address.hosts, readText);
  if (ssl instanceof Refused) return ssl;
  return {
    kind: 'postgres',
    url: canonicalUrl(address),
    poolMax: defaults.poolMax ?? settings.poolMax ?? POOL_MAX,
    ssl,
    ...(folder && { path: `${folder.host.replace(/\/+$/, '')}/.s.PGSQL.${folder.port}` }),
    ...(settings.pooled && { pooled: true }),
    ...(settings.readWrite && { readWrite: true }),
    ...(Object.keys(settings.session).length > 0 && { session: settings.session }),
  };
}

/** Without parameters, and with everything escaped that needs it. */
function canonicalUrl({ user, password, hosts, database }: Omit<PostgresAddress, 'parameters'>): string {
  const secret = password === undefined ? '' : `:${encodeURIComponent(password)}`;
  const credentials = user === undefined ? '' : `${encodeURIComponent(user)}${secret}@`;
  const places = hosts.map(({ host, port }) => {
    if (host.startsWith('/')) return `localhost:${port}`;
    return `${host.includes(':') ? `[${host}]` : host}:${port}`;
  });
  return `postgres://${credentials}${places.join(',')}/${encodeURIComponent(database ?? '')}`;
}

function tlsOptions(
  settings: PostgresParameters,
  defaults: TargetDefaults,
  hosts: readonly PostgresHost[],
  readText: ReadText,
): object | false | Refused {
  const { certificateFile, keyFile } = settings;
  const authorityFile = settings.authorityFile ?? defaults.authorityFile;
  // If an authority is named, it must be checked.
  const mode = settings.tls ?? (settings.authorityFile ? 'full' : defaults.tls);
  if (mode === 'off') return authorityFile ? new Refused('TLS that is verified where an authority is named') : false;
  try {
    const read = (path: string | undefined) => (path === undefined || path === 'system' ? undefined : readText(path));
    const files = { ca: read(authorityFile), cert: read(certificateFile), key: read(keyFile) };
    const given = Object.fromEntries(Object.entries(files).filter(([, text]) => text !== undefined));
    if (mode === 'encrypted') return { ...given, rejectUnauthorized: false };
    const identity = mode === 'full' ? checkIdentity(hosts) : () => undefined;
    return { ...given, rejectUnauthorized: true, checkServerIdentity: identity };
  } catch (error) {
    return new Refused(`a file of certificates that can be read (${(error as Error).message})`);
  }
}

/** The driver passes no name if the server is known by its address. */
function checkIdentity(hosts: readonly PostgresHost[]) {
  const addresses = hosts.map(({ host }) => host).filter((host) => isIP(host) > 0);
  return (host: string, certificate: PeerCertificate): Error | undefined => {
    const isNamed = hosts.some((each) => each.host === host);
    const candidates = isNamed || addresses.length === 0 ? [host] : addresses;
    const failures = candidates.map((candidate) => checkServerIdentity(candidate, certificate));
    return failures.includes(undefined) ? undefined : failures[0];
  };
}
