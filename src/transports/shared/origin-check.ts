// Which web pages may open a connection: those of the listed origins and of the service's own origin.
import type { IncomingMessage } from 'node:http';
import { type AllowedOrigins, isListed } from '../../lib/cors.ts';

export type IsAllowedOrigin = (request: Pick<IncomingMessage, 'headers'>) => boolean;

/**
 * A request without an origin does not come from a web page, so it is allowed. The service's own origin is the scheme
 * and host of the request as its client wrote them, or behind a trusted proxy as the proxy forwarded them.
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

/** The origin as browsers write it: in lower case, without the default port. Undefined if it is not a web origin. */
function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, origin, pathname, username } = new URL(address);
  const isWeb = protocol === 'http:' || protocol === 'https:';
  return isWeb && pathname === '/' && username === '' ? origin : undefined;
}

/** The entry that the nearest proxy wrote. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(',').at(-1)?.trim() || undefined;
}
