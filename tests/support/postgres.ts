// Real PostgreSQL for tests: a separate server to break at will, and a fresh database for each test file.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { postgresBinaries } from './postgres-binaries.ts';
import { type Account, freePort, launch, removeDirectory, temporaryDirectory } from './server-process.ts';

/** A file system for one server that other processes do not see, and that is quickly full. */
export interface SmallDisk {
  /** The size in the format of `mount`: `1m`. */
  readonly size: string;
  /** The last part of its path. */
  readonly name: string;
}

/** `$1` size, `$2` path. The rest is the command. */
const MOUNT = 'mkdir -p "$2" && mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';

export interface PostgresServer {
  /** `postgres://…` of the superuser in the database `postgres`. */
  readonly url: string;
  readonly port: number;
  /** The folder of its files, and of the small disk. */
  readonly directory: string;
  /** Crashes the server: every process of it at once. What it acknowledged survives. */
  kill(): Promise<void>;
  /** Stops it as an administrator does: links are closed, and running statements end with an error. */
  shutDown(): Promise<void>;
  /** Stops all of its processes without closing a link. `thaw` continues them. */
  freeze(): void;
  thaw(): void;
  /** Starts it again on the same port and data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

// A time zone that is not UTC, to expose statements that rely on the session's zone.
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=300',
  'timezone=Asia/Kolkata',
  // Without these two a crash of the machine would lose data, but a crash of the server does not.
  'fsync=off',
  'full_page_writes=off',
];

/** Starts a server on a free port with its own data. `settings` (`name=value`) override those that tests have. */
export async function startPostgres(settings: readonly string[] = [], disk?: SmallDisk): Promise<PostgresServer> {
  const account = ordinaryAccount();
  const work = temporaryDirectory('postgres');
  if (account) chownSync(work, account.uid, account.gid);
  const bin = postgresBinaries(work, account);
  initialise(bin, join(work, 'data'), work, account);
  return serve(bin, work, account, settings, disk);
}

/** Copies a server, which is shut down for that, and starts the copy as its standby: read-only until it is promoted. */
export async function startStandby(primary: PostgresServer): Promise<PostgresServer> {
  const account = ordinaryAccount();
  const work = temporaryDirectory('standby');
  if (account) chownSync(work, account.uid, account.gid);
  const bin = postgresBinaries(work, account);
  await primary.shutDown();
  execFileSync('cp', ['-a', join(primary.directory, 'data'), join(work, 'data')]);
  execFileSync('touch', [join(work, 'data', 'standby.signal')], { ...account });
  await primary.restart();
  return serve(bin, work, account, [`primary_conninfo=host=127.0.0.1 port=${primary.port} user=postgres`]);
}

async function serve(
  bin: string,
  work: string,
  account: Account | undefined,
  settings: readonly string[],
  disk?: SmallDisk,
): Promise<PostgresServer> {
  const data = join(work, 'data');
  const port = await freePort();
  const own = ['-D', data, '-p', String(port), ...[...SETTINGS, ...settings].flatMap((setting) => ['-c', setting])];
  const [command = '', ...args] = [...(disk ? onSmallDisk(disk, work) : []), join(bin, 'postgres'), ...own];
  const start = () =>
    launch({
      command,
      args,
      directory: work,
      ready: /ready to accept (?:read-only )?connections/,
      account,
      env: environment(),
    });
  let server = await start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    port,
    directory: work,
    kill: () => server.kill(),
    shutDown: () => server.end('SIGINT'),
    freeze: () => server.freeze(),
    thaw: () => server.thaw(),
    async restart() {
      await server.kill();
      server = await start();
    },
    async stop() {
      server.thaw();
      await server.end('SIGINT');
      removeDirectory(work);
    },
  };
}

/** Mounted in a namespace of the server, as the server's user. */
function onSmallDisk({ size, name }: SmallDisk, work: string): string[] {
  const namespaces = ['--user', '--map-current-user', '--keep-caps', '--mount'];
  return ['unshare', ...namespaces, 'sh', '-c', MOUNT, 'sh', size, join(work, name)];
}

function initialise(bin: string, data: string, work: string, account: Account | undefined): void {
  const locale = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', `--locale=${locale}`, '--no-sync'];
  execFileSync(join(bin, 'initdb'), args, { ...account, cwd: work, env: environment(), stdio: 'pipe' });
}

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LC_ALL: 'C' };
}

/** PostgreSQL refuses to run as root. Then uses the account `postgres`, or `nobody` if there is none. */
function ordinaryAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const rows = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find(([name]) => name === 'postgres') ?? rows.find(([name]) => name === 'nobody');
  if (!row) throw new Error('PostgreSQL does not run as root, and there is no account "postgres" or "nobody"');
  return { uid: Number(row[2]), gid: Number(row[3]) };
}

/** The rules for lower() and the order of texts in a database: bytes, or those of Turkish (PostgreSQL 15 or later). */
export type Locale = 'C' | 'tr-TR';

const LOCALES: Readonly<Record<Locale, string>> = {
  C: "lc_collate 'C' lc_ctype 'C'",
  'tr-TR': "locale_provider icu icu_locale 'tr-TR'",
};

/** A fresh, empty database on the server of `adminUrl`, for one test file. Has the server's locale by default. */
export async function createDatabase(
  adminUrl: string,
  locale?: Locale,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  const more = locale === undefined ? '' : ` encoding 'UTF8' ${LOCALES[locale]}`;
  await administer(adminUrl, `create database ${name} template template0${more}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(adminUrl, `drop database if exists ${name} with (force)`) };
}

async function administer(adminUrl: string, statement: string): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}
