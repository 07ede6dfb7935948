// The parameters of DATABASE_URL after the question mark, and what each does. Others are refused by name: ignored, they
// might have been meant to protect something, and passed on, they cause a server error that names no setting.
import { Refused } from './refused.ts';

export type TlsMode = 'off' | 'encrypted' | 'authority' | 'full';

export interface PostgresParameters {
  readonly tls?: TlsMode;
  /** Paths. `system` means the authorities that the runtime knows. */
  readonly authorityFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly poolMax?: number;
  /** A pooler in transaction mode is in between. */
  readonly pooled?: boolean;
  readonly readWrite?: boolean;
  /** Sent to the server with each connection. */
  readonly session: Readonly<Record<string, string>>;
}

/** A reader returns its part, or undefined for a value that it refuses. */
interface Parameter {
  readonly takes: string;
  readonly read: (value: string) => Partial<PostgresParameters> | undefined;
}

const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  require: 'encrypted',
  prefer: 'encrypted',
  'no-verify': 'encrypted',
  'verify-ca': 'authority',
  'verify-full': 'full',
};
const SSL: Readonly<Record<string, TlsMode>> = { ...SSL_MODES, true: 'full', '1': 'full', false: 'off', '0': 'off' };

function choice<T>(choices: Readonly<Record<string, T>>, part: (value: T) => Partial<PostgresParameters>): Parameter {
  return {
    takes: `one of ${Object.keys(choices).join(', ')}`,
    read: (value) => (Object.hasOwn(choices, value) ? part(choices[value] as T) : undefined),
  };
}

function file(part: (path: string) => Partial<PostgresParameters>): Parameter {
  return { takes: 'the path of a file', read: (path) => (path ? part(path) : undefined) };
}

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  sslmode: choice(SSL_MODES, (tls) => ({ tls })),
  ssl: choice(SSL, (tls) => ({ tls })),
  // Prisma's.
  sslaccept: choice<TlsMode>({ strict: 'full', accept_invalid_certs: 'encrypted' }, (tls) => ({ tls })),
  sslrootcert: file((authorityFile) => ({ authorityFile })),
  sslcert: file((certificateFile) => ({ certificateFile })),
  sslkey: file((keyFile) => ({ keyFile })),
  schema: {
    takes: 'public: the tables of the service are there',
    read: (value) => (value === 'public' ? {} : undefined),
  },
  pgbouncer: choice({ true: true, false: false }, (pooled) => ({ pooled })),
  connection_limit: {
    takes: 'a whole number from 1 to 1000',
    read: (value) => (/^(?:[1-9]\d{0,2}|1000)$/.test(value) ? { poolMax: Number(value) } : undefined),
  },
  target_session_attrs: choice({ any: false, 'read-write': true, primary: true }, (readWrite) => ({ readWrite })),
  application_name: {
    takes: 'a name',
    read: (value) => (/^[ -~]{1,63}$/.test(value) ? { session: { application_name: value } } : undefined),
  },
  options: {
    takes: 'settings of the server like -c name=value',
    read: (value) => (/^[ -~]+$/.test(value) ? { session: { options: value } } : undefined),
  },
};

/** Parts of the address itself, read by parsePostgresAddress. */
const ADDRESS = ['host', 'port', 'user', 'password', 'dbname'];

/**
 * Given by platforms or meant for other drivers. They have no effect here: times and sizes are our own, the encoding is
 * always UTF-8, and the driver does not use channel binding.
 */
const NOT_NEEDED = `
  channel_binding connect_timeout pool_timeout socket_timeout statement_cache_size max_idle_connection_lifetime
  max_connection_lifetime single_use_connections uselibpqcompat sslnegotiation sslcompression sslsni
  ssl_min_protocol_version gssencmode krbsrvname keepalives keepalives_idle keepalives_interval keepalives_count
  tcp_user_timeout fallback_application_name client_encoding load_balance_hosts supa workaround`;

const KNOWN = new Set([...Object.keys(PARAMETERS), ...ADDRESS, ...NOT_NEEDED.trim().split(/\s+/)]);

export function isKnownParameter(name: string): boolean {
  return KNOWN.has(name);
}

export function readParameters(given: ReadonlyMap<string, string>): PostgresParameters | Refused {
  let all: PostgresParameters = { session: {} };
  for (const [name, value] of given) {
    if (!KNOWN.has(name))
      return new Refused(`no parameter ${JSON.stringify(name.slice(0, 40))} (${[...KNOWN].join(', ')})`);
    const parameter = PARAMETERS[name];
    const part = parameter ? parameter.read(value) : {};
    if (!part) return new Refused(`a parameter ${name} that is ${parameter?.takes}`);
    all = { ...all, ...part, session: { ...all.session, ...part.session } };
  }
  return all;
}
