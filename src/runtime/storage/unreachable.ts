// Why the database cannot be reached, for the person who set it up: the systems' errors, with the setting's name.

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the name of the host is not known',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ETIMEDOUT: 'it does not answer',
  CONNECT_TIMEOUT: 'it does not answer',
  DATABASE_TIMEOUT: 'it does not answer',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the host',
  ENOENT: 'there is no such socket',
  EACCES: 'the socket is not for this user',
  '28P01': 'the password or the user is wrong',
  '28000': 'the server does not let this user in',
  '3D000': 'the server has no such database',
  '53300': 'the server has no connection left',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host',
  CERT_HAS_EXPIRED: 'the certificate has run out',
};

/** Certificates signed by an unknown authority. */
const UNKNOWN_AUTHORITY =
  /SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERT_SIGNATURE|self[- ]signed|unable to (?:verify|get)|UnknownIssuer/i;
const NO_TLS = /before secure TLS connection|EPROTO|wrong version number|ERR_SSL/i;

/** True if TLS failed, so trying again is of no use. */
export function isTlsFailure(error: unknown): boolean {
  const { code, message } = cause(error);
  return UNKNOWN_AUTHORITY.test(`${code} ${message}`) || NO_TLS.test(`${code} ${message}`) || /CERT/.test(code);
}

/** True if the server was not reached, or refused everybody. */
export function isNoWayIn(error: unknown): boolean {
  return isTlsFailure(error) || Object.hasOwn(REASONS, cause(error).code);
}

/** In a few words, with what the system said. */
export function whyUnreachable(error: unknown): string {
  const { code, message } = cause(error);
  const text = `${code} ${message}`;
  const said = message || code || String(error);
  if (REASONS[code]) return `${REASONS[code]} (${said})`;
  if (UNKNOWN_AUTHORITY.test(text)) return `nobody known has signed its certificate: DB_SSL_CA names who did (${said})`;
  if (NO_TLS.test(text)) return `it does not speak TLS, as DB_SSL or sslmode asks (${said})`;
  return said;
}

/** Without drizzle's wrapping, whose message is the statement. If a host has several addresses, the first failure. */
function cause(error: unknown): { code: string; message: string } {
  const wrapped = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const inner = wrapped instanceof AggregateError && wrapped.errors.length > 0 ? wrapped.errors[0] : wrapped;
  const { code, message } = (inner ?? {}) as { code?: unknown; message?: unknown };
  return { code: String(code ?? ''), message: String(message ?? '') };
}
