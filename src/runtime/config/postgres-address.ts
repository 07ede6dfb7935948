// Parses an address of PostgreSQL, as platforms give them and people write them: several hosts, folders of sockets, and
// passwords with characters that should have been escaped.

export interface PostgresAddress {
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly hosts: readonly PostgresHost[];
  readonly database: string | undefined;
  /** What follows the question mark. If several have one name, the last counts. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A name, an address without brackets, or the folder of a socket, which begins with a slash. */
export interface PostgresHost {
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_PORT = 5432;

/** `isKnown` knows the names of parameters. Returns undefined if the text is no such address. */
export function parsePostgresAddress(text: string, isKnown: (name: string) => boolean): PostgresAddress | undefined {
  const [, rest] = /^postgres(?:ql)?:\/\/(.*)$/is.exec(text) ?? [];
  if (rest === undefined || /\s/.test(rest) || rest === '') return undefined;
  const { main, parameters } = splitQuery(rest, isKnown);
  const [, credentials, authority = '', path] = /^(?:(.*)@)?([^/@]*)(?:\/(.*))?$/s.exec(main) ?? [];
  const [, user = '', password] = /^([^:]*)(?::(.*))?$/s.exec(credentials ?? '') ?? [];
  const hosts = parseHosts(parameters.get('host') ?? authority, parameters.get('port'));
  if (!hosts || path?.includes('/')) return undefined;
  const orUndefined = (value: string | undefined) => value || undefined;
  return {
    user: orUndefined(parameters.get('user') ?? unescaped(user)),
    password: orUndefined(parameters.get('password') ?? unescaped(password ?? '')),
    hosts,
    database: orUndefined(parameters.get('dbname') ?? unescaped(path ?? '')),
    parameters,
  };
}

/**
 * The parameters begin at the first question mark that only known names follow. Otherwise they begin at the first one
 * after the last @. Any other question mark belongs to a password.
 */
function splitQuery(text: string, isKnown: (name: string) => boolean) {
  const marks = [...text.matchAll(/\?/g)].map(({ index }) => index);
  const isQuery = (index: number) => [...readQuery(text.slice(index + 1)).keys()].every(isKnown);
  const behind = text.lastIndexOf('@');
  const start = marks.find(isQuery) ?? marks.find((index) => index > behind) ?? text.length;
  return { main: text.slice(0, start), parameters: readQuery(text.slice(start + 1)) };
}

function readQuery(query: string): Map<string, string> {
  const pairs = query.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [, name = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(pair) ?? [];
      return [unescaped(name), unescaped(value.replaceAll('+', ' '))];
    }),
  );
}

/** Comma-separated hosts, each with its port or with one of `ports`. Undefined if one of them is no host. */
export function parseHosts(text: string, ports = ''): readonly PostgresHost[] | undefined {
  const names = text === '' ? ['localhost'] : text.split(',');
  const given = ports.split(',');
  const hosts = names.map((name, index) => parseHost(name, given[index] ?? given[0] ?? ''));
  const valid = hosts.filter((host) => host !== undefined);
  const hasSocket = valid.some(({ host }) => host.startsWith('/'));
  return valid.length < names.length || (hasSocket && valid.length > 1) ? undefined : valid;
}

function parseHost(text: string, otherPort: string): PostgresHost | undefined {
  const isFolder = text.startsWith('/');
  // More than one colon without brackets: an IPv6 address.
  const bare = isFolder || /:.*:/.test(text.replace(/^\[.*\]/, '')) ? text : undefined;
  const [, bracketed, name, ownPort] =
    bare === undefined ? (/^(?:\[([^[\]]+)\]|([^:[\]]+))(?::(.*))?$/.exec(text) ?? []) : [];
  const host = bare ?? bracketed ?? (name && unescaped(name));
  const port = ownPort || otherPort || String(DEFAULT_PORT);
  if (!host || !(host.startsWith('/') || isHost(host)) || !/^\d{1,5}$/.test(port)) return undefined;
  return Number(port) >= 1 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

function isHost(text: string): boolean {
  if (text.includes(':')) return URL.canParse(`http://[${text.replace(/%.*$/s, '')}]`);
  return /^[^\s/?#@:[\]%<>^|\\"'`{}]+$/.test(text);
}

/** Returned unchanged if a % in it begins no escape, because then nobody has escaped it. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
