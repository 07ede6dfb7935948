// Which Redis to use: from one address, the addresses of a cluster's nodes, or a socket's path.
import type { RedisAddress, RedisTarget } from '../../backends/redis/connection.ts';
import { unescaped } from './postgres-address.ts';
import { Refused } from './refused.ts';

const DEFAULT_PORT = 6379;
const CERTIFICATE: Readonly<Record<string, 'unverified' | true>> = {
  none: 'unverified',
  CERT_NONE: 'unverified',
  required: true,
  CERT_REQUIRED: true,
};
/** For other clients. They have no effect here. */
const NOT_NEEDED = new Set(['family', 'protocol', 'timeout', 'allowUsernameInURI', 'ssl_ca_certs']);

interface Node {
  readonly scheme: string;
  readonly address: RedisAddress;
  readonly username: string;
  readonly password: string;
  readonly db: number;
  readonly isVerified: boolean;
}

/**
 * `redis://` or `rediss://` addresses, or `unix:` and a path. Comma-separated for a cluster, whose nodes share one
 * user, password and TLS. Undefined if the text is no such address.
 */
export function parseRedisUrl(text: string): RedisTarget | Refused | undefined {
  const nodes = splitNodes(text).map(parseNode);
  const refused = nodes.find((node) => node instanceof Refused);
  if (refused) return refused;
  const valid = nodes.filter((node): node is Node => node !== undefined);
  const [first, ...others] = valid;
  if (!first || valid.length < nodes.length) return undefined;
  if (others.some(({ scheme }) => scheme !== first.scheme)) return undefined;
  if (others.length > 0 && (first.db > 0 || first.scheme === 'unix')) return undefined;
  const { username, password } = valid.find((node) => node.password) ?? first;
  return {
    nodes: valid.map(({ address }) => address),
    cluster: others.length > 0,
    ...(username && { username }),
    ...(password && { password }),
    ...(first.db > 0 && { db: first.db }),
    ...(first.scheme === 'rediss' && { tls: first.isVerified ? true : 'unverified' }),
  };
}

/** Splits at commas, but not at those of a password: what follows such a comma has an @ and no scheme. */
function splitNodes(text: string): string[] {
  const nodes: string[] = [];
  for (const piece of text.split(',')) {
    const isRestOfPassword = nodes.length > 0 && piece.includes('@') && !piece.includes('://');
    if (isRestOfPassword) nodes.push(`${nodes.pop()},${piece}`);
    else nodes.push(piece);
  }
  return nodes.map((node) => node.trim()).filter((node) => node !== '');
}

/** One node's address. After the first comma the scheme may be missing, because people write it that way. */
function parseNode(text: string): Node | Refused | undefined {
  const [, before, query = ''] = /^(.*?)(?:\?([^@]*))?$/s.exec(text) ?? [];
  const options = new URLSearchParams(query);
  for (const [name, value] of options) {
    if (name === 'ssl_cert_reqs' && !Object.hasOwn(CERTIFICATE, value)) {
      return new Refused('a parameter ssl_cert_reqs that is none or required');
    }
    if (name !== 'ssl_cert_reqs' && name !== 'db' && name !== 'password' && !NOT_NEEDED.has(name)) {
      return new Refused(`no parameter ${JSON.stringify(name.slice(0, 40))} (db, password, ssl_cert_reqs)`);
    }
  }
  const isVerified = CERTIFICATE[options.get('ssl_cert_reqs') ?? 'required'] === true;
  const socket = /^(?:redis\+)?(?:unix|socket):(?:\/\/)?(?:(.*)@)?(\/.*)$/is.exec(before ?? '');
  const [, scheme = 'redis', rest = ''] = /^(?:(rediss?):\/\/)?(.*)$/is.exec(before ?? '') ?? [];
  const server = /^(?:(.*)@)?(?:\[([^[\]]+)\]|([^\s:[\]@/]+))(?::(\d{1,5}))?(?:\/(\d{0,4}))?$/s.exec(rest);
  if (!socket && (!server || /^[a-z][a-z0-9+.-]*:\/\//i.test(rest))) return undefined;
  const [, username = '', password = ''] = /^([^:]*)(?::(.*))?$/s.exec(socket?.[1] ?? server?.[1] ?? '') ?? [];
  const db = options.get('db') ?? server?.[5] ?? '0';
  const address = socket ? { host: 'localhost', port: DEFAULT_PORT, path: unescaped(socket[2] ?? '') } : hostOf(server);
  if (!address || !/^\d{0,4}$/.test(db)) return undefined;
  return {
    scheme: socket ? 'unix' : scheme.toLowerCase(),
    address,
    username: unescaped(username),
    password: options.get('password') ?? unescaped(password),
    db: Number(db),
    isVerified,
  };
}

function hostOf(server: RegExpExecArray | null): RedisAddress | undefined {
  const host = server?.[2] ?? server?.[3] ?? '';
  const port = Number(server?.[4] ?? DEFAULT_PORT);
  const isHost = URL.canParse(`http://${host.includes(':') ? `[${host}]` : host}`);
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}
