// A PostgreSQL server over postgres.js: the settings of its sessions, and the handle of such a database.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres, { type Options, type PostgresType, type Sql } from 'postgres';
import * as schema from '../../drizzle/schema.ts';
import { DependencyError } from '../lib/dependency-error.ts';
import { ARRAY_TYPES } from './arrays.ts';
import { rows } from './database.ts';
import { ReadOnlyServer } from './errors.ts';
import type { DatabaseHandle, DatabaseHelp } from './handle.ts';
import { createPool, POOL_LIMITS, type PoolLimits } from './pool.ts';
import { CHECK, createRefusals, kindOf } from './refusals.ts';

export interface PostgresOptions {
  readonly kind: 'postgres';
  readonly url: string;
  readonly poolMax: number;
  /** What `tls.connect` takes besides the socket. False means no encryption. */
  readonly ssl: object | false;
  /** The socket to connect to, instead of the hosts of the address. */
  readonly path?: string;
  /**
   * True if a pooler in transaction mode is in between, which keeps neither prepared statements nor settings of a
   * session. It then only gets settings that poolers know.
   */
  readonly pooled?: boolean;
  /** If there are several hosts, use only one that can be written to. */
  readonly readWrite?: boolean;
  /** More settings of each session. */
  readonly session?: Readonly<Record<string, string>>;
}

/** The server ends a statement before we give up its connection: see POOL_LIMITS. */
const LIMITED = { statement_timeout: '7s', lock_timeout: '2s', idle_in_transaction_session_timeout: '30s' };
/**
 * Every statement here looks rows up by key, so one plan is right for all values and all sizes of the tables. It is
 * made once for each connection. By itself, the server would plan most statements at every execution, which costs more
 * than to execute them, and would keep a plan that it made while the tables were small.
 */
const BY_KEY = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // A plan that needs what is off above seems to cost 10^10. The server would compile it, which takes half a second.
  jit: 'off',
};
// As texts, because postgres.js leaves out a number 0, and then the role's own limit would hold.
const UNLIMITED = { statement_timeout: '0', lock_timeout: '0', idle_in_transaction_session_timeout: '0', jit: 'off' };

/** Makes all sessions equal, whatever defaults the server or the role has. */
const SESSION = {
  application_name: 'chat-service',
  TimeZone: 'UTC',
  DateStyle: 'ISO',
};
const ISOLATION = { default_transaction_isolation: 'read committed' };

const asText = { parse: (text: string) => text, serialize: String };

/**
 * Matches what PGlite returns under drizzle: times as text, int8 as a number. JSON may come as a value or as its text.
 */
const TYPES = {
  date: { to: 1114, from: [1082, 1083, 1114, 1115, 1182, 1184, 1185, 1186, 1187, 1231], ...asText },
  int8: { to: 20, from: [20], parse: Number, serialize: String },
  json: { to: 114, from: [114, 3802], parse: JSON.parse, serialize: jsonText },
};

function jsonText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Parses the hosts of an address, because postgres.js cuts one like `[::1]` at its first colon. */
function hostsOf(url: string): { host: string[]; port: number[] } {
  const [, authority = ''] = /^\w+:\/\/(?:[^@/]*@)?([^/?]*)/.exec(url) ?? [];
  const parts = authority.split(',').map((part) => /^(?:\[([^\]]+)\]|([^:]*))(?::(\d+))?$/.exec(part) ?? []);
  return {
    host: parts.map(([, bracketed, name]) => bracketed ?? name ?? ''),
    port: parts.map(([, , , port]) => Number(port ?? 5432)),
  };
}

function open(options: PostgresOptions, max: number, settings: Record<string, string>, connectMs: number): Sql {
  const own = options.pooled ? {} : { ...ISOLATION, ...settings };
  const driver: Options<Record<string, PostgresType>> = {
    max,
    prepare: !options.pooled,
    connect_timeout: connectMs / 1000,
    // Its own back-off grows to 20 s, which is too long to wait for a server that is back.
    backoff: () => 0.2,
    types: { ...TYPES, ...ARRAY_TYPES },
    fetch_types: false,
    connection: { ...SESSION, ...own, ...options.session } as object,
    onnotice: () => {},
    ssl: options.ssl as Options<Record<string, PostgresType>>['ssl'] & object,
    ...(options.path !== undefined && { path: options.path }),
    ...(options.readWrite && { target_session_attrs: 'read-write' }),
  };
  return postgres(options.url, Object.assign(driver, hostsOf(options.url)));
}

/** Asked by health checks, because a standby answers too. */
const IS_READ_ONLY = sql`select current_setting('transaction_read_only') = 'on' or pg_is_in_recovery() as "readOnly"`;

export function connectPostgres(
  options: PostgresOptions,
  { logger }: DatabaseHelp = {},
  limits: PoolLimits = POOL_LIMITS,
): DatabaseHandle {
  // A second less, so that a connection that fails reports that itself.
  const connectMs = limits.sendMs * 0.8;
  const refusals = createRefusals(logger);
  const pool = createPool(
    () => open(options, options.poolMax, { ...LIMITED, ...BY_KEY }, connectMs),
    options.poolMax,
    limits,
    refusals,
  );
  const db = drizzle({ client: pool.client, schema });
  return {
    db,
    kind: 'postgres',
    ping: async () => {
      await db.execute('select 1');
    },
    speak: refusals.speak,
    async check() {
      const [state] = await rows<{ readOnly: boolean }>(db, IS_READ_ONLY).catch((cause: unknown) => {
        const reason = kindOf(cause)?.reason;
        throw reason === undefined ? cause : new DependencyError(reason, { cause });
      });
      if (state?.readOnly) {
        refusals.failed(CHECK, new ReadOnlyServer());
        pool.leave();
      } else refusals.succeeded(CHECK);
      const reason = refusals.reason();
      if (reason !== undefined) throw new DependencyError(reason);
    },
    async dedicated(work) {
      const session = createPool(() => open(options, 1, UNLIMITED, connectMs), 1, {
        ...limits,
        answerMs: Infinity,
        totalMs: Infinity,
      });
      try {
        return await work(drizzle({ client: session.client, schema }));
      } finally {
        await session.end();
      }
    },
    close: () => pool.end(),
  };
}
