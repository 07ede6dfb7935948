// CORS: which pages of other origins may call and read the answers, told in headers to their browsers.

/** Web origins in lower case, or `*` for all. */
export type AllowedOrigins = readonly string[] | '*';

/** Whether a page of this origin may call, as far as the list says. Browsers and people write origins in any case. */
export function isListed(origin: string, allowed: AllowedOrigins): boolean {
  return allowed === '*' || allowed.includes(origin.toLowerCase());
}

type CorsHeaders = Readonly<Record<string, string>>;

const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
/** For a preflight that names no headers. */
const REQUEST_HEADERS = 'Authorization, Content-Type, X-Request-Id';
/** Names of headers with commas between them: only these may go into a header of ours. */
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~, -]+$/;
const PREFLIGHT_SECONDS = '7200';

/**
 * A listed origin may send credentials and any header that it asks for. If all origins are allowed, none may send
 * credentials, because any page could act with those of its visitor.
 */
export function createCors(origins: AllowedOrigins, exposed: readonly string[]) {
  const expose: CorsHeaders = exposed.length > 0 ? { 'Access-Control-Expose-Headers': exposed.join(', ') } : {};
  // Caches must know that the answer differs for other origins.
  const refused: CorsHeaders = origins === '*' ? {} : { Vary: 'Origin' };

  /** Returns undefined for an origin that is not allowed. */
  function permission(origin: string | undefined): CorsHeaders | undefined {
    if (origin === undefined || !isListed(origin, origins)) return undefined;
    if (origins === '*') return { 'Access-Control-Allow-Origin': '*' };
    return { 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true', Vary: 'Origin' };
  }

  return {
    /** Returns the headers of an answer to a page of this origin. Undefined means a client that is no page. */
    answer(origin: string | undefined): CorsHeaders {
      const permitted = permission(origin);
      return permitted ? { ...permitted, ...expose } : refused;
    },

    /** Returns the headers of an answer to a preflight, which asks whether a page may send these headers. */
    preflight(origin: string | undefined, requestedHeaders: string | undefined): CorsHeaders {
      const permitted = permission(origin);
      if (!permitted) return refused;
      const isReadable = requestedHeaders !== undefined && HEADER_NAMES.test(requestedHeaders);
      return {
        ...permitted,
        'Access-Control-Allow-Methods': METHODS,
        'Access-Control-Allow-Headers': isReadable ? requestedHeaders : REQUEST_HEADERS,
        'Access-Control-Max-Age': PREFLIGHT_SECONDS,
        Vary: origins === '*' ? 'Access-Control-Request-Headers' : 'Origin, Access-Control-Request-Headers',
      };
    },
  };
}
