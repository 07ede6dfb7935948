// Which web pages may open a connection: those of the listed origins, and those that the service itself has served.
import type { IncomingMessage } from 'node:http';
import { type AllowedOrigins, isListed } from '../../lib/cors.ts';

export type IsAllowedOrigin = (request: Pick<IncomingMessage, 'headers'>) => boolean;

/**
 * A request without an origin comes from no web page, and there is no page to be protected from. The service's own origin
 * is the scheme and host of the request as its client wrote them; behind a trusted proxy those that it has forwarded.
 */
export function createOriginCheck(allowed: AllowedOrigins, trustProxy: boolean): IsAllowedOrigin {
  function ownOrigin({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
    const scheme = trustProxy ? lastOf(headers['x-forwarded-proto']) : undefined;
    const host = (trustProxy ? lastOf(headers['x-forwarded-host']) : undefined) ?? headers.host;
    return host === undefined ? undefined : originOf(`${scheme ?? 'http'}://${host}`);
  }

  return (request) => {
    const { origin } = request.headers;
    if (origin === undefined || isListed(origin, allowed)) return true;
    const page = originOf(origin);
    return page !== undefined && page === ownOrigin(request);
  };
}

/** The form that browsers give it: in lower case, without the scheme's own port. Undefined for what is no web origin. */
function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, origin, pathname, username } = new URL(address);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  return isWeb && pathname === '/' && username === '' ? origin : undefined;
}

/** The entry that the nearest proxy has written. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(',').at(-1)?.trim() || undefined;
}
