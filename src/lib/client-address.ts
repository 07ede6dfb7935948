// The address that a client is counted by, however a proxy or a socket writes it.

const PORT = /^\d{1,5}$/;
const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
const LONGEST = 64;

/**
 * Returns `192.0.2.7` for an IPv4 address, also for one mapped into IPv6 (`::ffff:192.0.2.7`). Returns
 * `2001:db8:0:7::/64` for an IPv6 address, because one customer gets such a network. Returns undefined if it is no
 * address. Ignores quotes, brackets, ports and zones.
 */
export function countedAddress(written: string): string | undefined {
  if (written.length > LONGEST) return undefined;
  const text = written.trim().replace(/^"(.*)"$/, '$1');
  const bracketed = /^\[(.*)\](?::(.*))?$/.exec(text);
  if (bracketed) {
    const [, inside = '', port] = bracketed;
    return port === undefined || PORT.test(port) ? countedIpv6(inside) : undefined;
  }
  const [host = '', port, ...more] = text.split(':');
  if (more.length > 0) return countedIpv6(text);
  return isIpv4(host) && (port === undefined || PORT.test(port)) ? host : undefined;
}

/**
 * The address of the client that asks: the last one in `X-Forwarded-For` (null if no proxy is trusted), because the
 * proxy itself has seen that one, and the client may have made up those before it. Otherwise the address of `peer`,
 * which is only called then. Empty if neither is an address.
 */
export function clientAddress(peer: () => string, forwardedFor: string | null | undefined): string {
  const last = forwardedFor?.slice(forwardedFor.lastIndexOf(',') + 1);
  return (last === undefined ? undefined : countedAddress(last)) ?? countedAddress(peer()) ?? '';
}

/** The part of `X-Forwarded-For` that counts: all of it behind a trusted proxy, otherwise none, which is null. */
export function trustedForwardedFor(header: string | string[] | undefined, trustProxy: boolean): string | null {
  return trustProxy ? (header?.toString() ?? null) : null;
}

function isIpv4(text: string): boolean {
  const octets = text.split('.');
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255);
}

function countedIpv6(text: string): string | undefined {
  const groups = ipv6Groups(text.replace(/%[^%]*$/, ''));
  if (!groups) return undefined;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) return ipv4Of(groups);
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

function ipv4Of(groups: readonly number[]): string {
  return groups
    .slice(6)
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** The eight groups. Undefined if the text is no IPv6 address. */
function ipv6Groups(text: string): number[] | undefined {
  const [before = '', after, ...more] = text.split('::');
  if (more.length > 0) return undefined;
  const [head, tail] = [readGroups(before, after === undefined), readGroups(after ?? '', true)];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** The last two groups may be written as an IPv4 address. */
function readGroups(text: string, isLast: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const ipv4 = isLast && isIpv4(parts.at(-1) ?? '') ? (parts.pop() as string) : undefined;
  if (!parts.every((part) => GROUP.test(part))) return undefined;
  const groups = parts.map((part) => Number.parseInt(part, 16));
  if (ipv4 === undefined) return groups;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return [...groups, (a << 8) | b, (c << 8) | d];
}
