// What a failed statement means, for either driver: away for now, a broken rule, or a mistake of ours.
import { DrizzleQueryError } from 'drizzle-orm';
import { ChatError, type ErrorCode } from '../protocol/errors.ts';

/** The statement has waited for as long as it may. The connection, if there was one, goes on. */
export class DatabaseBusy extends Error {
  readonly code = 'DATABASE_BUSY';

  constructor(reason: string) {
    super(`The database is too slow or too busy: ${reason}`);
    this.name = 'DatabaseBusy';
  }
}

/** A connection could not be made, or gave no answer, in time. The statement may still have been executed. */
export class DatabaseTimeout extends Error {
  readonly code = 'DATABASE_TIMEOUT';

  constructor(reason: string) {
    super(`The database is too slow or away: ${reason}`);
    this.name = 'DatabaseTimeout';
  }
}

/** The embedded database has aborted and is not open again yet. The statement may have been executed. */
export class DatabaseAborted extends Error {
  readonly code = 'DATABASE_ABORTED';

  constructor(options?: ErrorOptions) {
    super('The embedded database has aborted, and is to be opened anew', options);
    this.name = 'DatabaseAborted';
  }
}

/** The text for a server that cannot be written to, if nobody has tried yet. */
export class ReadOnlyServer extends Error {
  readonly code = '25006';
  readonly severity = 'ERROR';

  constructor() {
    super('The server is a standby, or transactions are read-only');
    this.name = 'ReadOnlyServer';
  }
}

/** The fields of both drivers' errors that matter here. `table_name` in postgres.js is `table` in PGlite. */
type DriverError = Readonly<Partial<Record<DriverField, unknown>>>;
type DriverField =
  | ('message' | 'stack' | 'code' | 'severity' | 'detail')
  | ('table' | 'table_name' | 'constraint' | 'constraint_name');

const UNIQUE_VIOLATION = '23505';

/** No link to the server: codes of the operating system, of postgres.js and of this folder. */
const LINK_CODES = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'ENOTCONN', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ERR_STREAM_DESTROYED'],
  ...['CONNECT_TIMEOUT', 'CONNECTION_CLOSED', 'CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'DATABASE_TIMEOUT'],
  'DATABASE_ABORTED',
]);

/** Connection exceptions, no resources, operator's intervention (shutdown, statement timeout), system errors. */
const UNAVAILABLE_CLASSES = new Set(['08', '53', '57', '58']);

/** Read-only (a standby), idle in a transaction, serialization failure, deadlock, lock timeout. */
const UNAVAILABLE_STATES = new Set(['25006', '25P03', '40001', '40P01', '55P03']);
/** Only about connections: a database that takes none at the moment, and poolers that have no better code. */
const CLOSED_DOORS = new Set(['55000', 'XX000']);
/** The service is refused access: the user, its password, its rights or the database is wrong. */
const REFUSED_CLASSES = new Set(['28', '3D']);
const REFUSED_STATES = new Set(['42501']);

/** True if the same statement may succeed later: the database is away, starting, full or too busy. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof ChatError) return error.code === 'UNAVAILABLE';
  const { code, message } = driverError(error);
  const state = sqlState(error);
  if (state && isFatal(error) && CLOSED_DOORS.has(state)) return true;
  if (state) return UNAVAILABLE_CLASSES.has(state.slice(0, 2)) || UNAVAILABLE_STATES.has(state);
  return isLinkLost(error) || code === 'DATABASE_BUSY' || message === 'PGlite is closed';
}

/**
 * True if the database answers but refuses until somebody corrects that. To clients that is the same as a database that
 * is away. A start need not wait for it.
 */
export function isRefused(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined) return false;
  return isFatal(error) || REFUSED_CLASSES.has(state.slice(0, 2)) || REFUSED_STATES.has(state);
}

/** True if the server cannot be written to: a standby, or one set to read-only. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === '25006';
}

/** True if one of our own limits was reached: see DatabaseBusy. */
export function isBusy(error: unknown): boolean {
  return driverError(error).code === 'DATABASE_BUSY';
}

/** True if it cost the connection, or none could be made. */
export function isFatal(error: unknown): boolean {
  return driverError(error).severity === 'FATAL';
}

/** What the server or the driver said, in one line and without values. */
export function serverText(error: unknown): string {
  const { message, code } = driverError(withoutValues(error));
  return (text(message) || text(code) || 'nothing').replace(/\s+/g, ' ').slice(0, 300);
}

/** True if the connection of the statement cannot be used any more, or was never made. */
export function isLinkLost(error: unknown): boolean {
  return LINK_CODES.has(String(driverError(error).code));
}

/** The five characters of SQLSTATE, if the server refused. */
export function sqlState(error: unknown): string | undefined {
  const { code, severity } = driverError(error);
  return typeof severity === 'string' && typeof code === 'string' ? code : undefined;
}

/** The name of the constraint or unique index that a statement broke. */
export function violatedConstraint(error: unknown): string | undefined {
  const { constraint_name, constraint } = driverError(error);
  if (!sqlState(error)?.startsWith('23')) return undefined;
  return text(constraint_name) ?? text(constraint);
}

/** The error that a client gets. Undefined if it is a mistake of ours. A ChatError stays itself. */
export function toChatError(error: unknown): ChatError | undefined {
  if (error instanceof ChatError) return error;
  if (isUnavailable(error) || isRefused(error))
    return new ChatError('UNAVAILABLE', undefined, { cause: withoutValues(error) });
  const code = sqlState(error) === UNIQUE_VIOLATION ? takenCode(driverError(error)) : undefined;
  return code && new ChatError(code);
}

/**
 * The error without what users typed, safe for a log. drizzle puts the parameters of the statement into its message,
 * and the drivers put the offending values into `detail`. Any other error is returned as it is.
 */
export function withoutValues(error: unknown): unknown {
  const wrapped = error instanceof DrizzleQueryError;
  if (!wrapped && !sqlState(error)) return error;
  const cause = driverError(error);
  const clean = new Error(text(cause.message) ?? 'The statement failed');
  clean.name = 'DatabaseError';
  clean.stack = text(cause.stack) ?? '';
  const statement = wrapped ? error.query : undefined;
  return Object.assign(clean, {
    code: cause.code,
    severity: cause.severity,
    constraint: violatedConstraint(error),
    statement,
  });
}

/**
 * Which rule of uniqueness, by table and columns, because a database taken over has other names for its constraints.
 */
function takenCode(error: DriverError): ErrorCode | undefined {
  const table = text(error.table_name) ?? text(error.table);
  const name = text(error.constraint_name) ?? text(error.constraint) ?? '';
  // The detail is `Key (email)=(…)` in the server's language. If there is none (row security), the name must do.
  const columns = /\((.*?)\)=\(/.exec(text(error.detail) ?? '')?.[1] ?? name;
  if (table === 'channel_members') return 'ALREADY_MEMBER';
  if (table !== 'users') return undefined;
  if (/email/i.test(columns)) return 'EMAIL_TAKEN';
  return /username/i.test(columns) ? 'USERNAME_TAKEN' : undefined;
}

/** What the driver threw, without drizzle's wrapping. */
function driverError(error: unknown): DriverError {
  const thrown = error instanceof DrizzleQueryError ? error.cause : error;
  return typeof thrown === 'object' && thrown !== null ? thrown : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
