// Refuses a request whose head could be read in two ways.
import type { IncomingMessage } from 'node:http';

/**
 * Headers that matter and may come only once, each with a bit of its own. If there are several, Node takes the first,
 * but a proxy before it may have taken the last.
 */
const ONCE: ReadonlyMap<string, number> = new Map(
  ['host', 'authorization', 'content-type', 'content-length', 'origin'].map((name, index) => [name, 1 << index]),
);

/** A name or an address, and a port. It has no characters that would change the meaning of a URL. */
const HOST = /^(?:\[[\da-f:.]+\]|[^\s/?#@:,\\[\]<>^`{|}"]*)(?::\d{0,5})?$/i;

type Head = Pick<IncomingMessage, 'httpVersion' | 'headers' | 'rawHeaders'>;

/** Returns why the head of a request is refused, for a person, or undefined if it is not. */
export function headProblem({ httpVersion, headers, rawHeaders }: Head): string | undefined {
  const repeated = repeatedHeader(rawHeaders);
  if (repeated !== undefined) return `The request has more than one ${repeated} header`;
  if (headers.host === undefined) return httpVersion === '1.1' ? 'The request has no Host header' : undefined;
  return HOST.test(headers.host) ? undefined : 'The Host header is not valid';
}

/** Names and values take turns in the list. */
function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const bit = ONCE.get(name.toLowerCase()) ?? 0;
    if (seen & bit) return name;
    seen |= bit;
  }
  return undefined;
}
