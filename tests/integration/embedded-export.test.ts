// Moving from the embedded database to a server: nothing is lost, and whatever stops it leaves the target as it was.
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import postgres, { type Sql } from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { rest } from '../conformance/service/kit/rest.ts';
import type { Message } from '../conformance/service/kit/wire.ts';
import { type ChatLife, liveAChat, readEverything } from '../support/chat-life.ts';
import { connect } from '../support/contract-clients.ts';
import { startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { type NetworkProxy, startProxy } from '../support/proxy.ts';
import { removeDirectory, temporaryDirectory } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const QUIET = { RATE_LIMIT_MAX_REQUESTS: '0', AUTH_RATE_LIMIT_MAX_REQUESTS: '0', WS_RATE_LIMIT_PER_SECOND: '0' };
/** Several batches. */
const MESSAGES = 600;

let directory: string;
let life: ChatLife;
let before: string;
let secretHint = '';
let databases: { url: string; drop(): Promise<void> }[] = [];
let proxy: NetworkProxy | undefined;

beforeAll(async () => {
  directory = temporaryDirectory('export');
  const service = await startServiceProcess({ env: { ...QUIET, DATA_DIR: directory } });
  life = await liveAChat(service.url, MESSAGES);
  before = await readEverything(service.url, life);
  const url = await emptyDatabase();
  expect(await run([url])).toEqual(refused(/The data directory .* is in use by another process .*/));
  await isUntouched(url);
  await service.stop();
}, 180_000);
afterAll(() => removeDirectory(directory));
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
  await Promise.all(databases.map(({ drop }) => drop()));
  databases = [];
});

async function emptyDatabase(): Promise<string> {
  const database = await createDatabase(inject('postgresUrl'));
  databases.push(database);
  return database.url;
}

interface Outcome {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** The command as it is built, with nothing else in its environment. `onStart` gets its process. */
function run(args: string[], env: object = {}, onStart: (child: ChildProcess) => void = () => {}): Promise<Outcome> {
  const child = spawn(process.execPath, [join(process.cwd(), 'dist/embedded-export.js'), ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, DATA_DIR: directory, ...env },
  });
  onStart(child);
  let [output, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })));
}

/** One line on standard error, and a code that says so. */
function refused(line: RegExp) {
  return {
    code: 1,
    output: expect.any(String),
    errors: expect.stringMatching(new RegExp(`^${line.source}\\n$`)),
  };
}

async function ask<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

/** Waits for the end of what the server may still be undoing. */
async function isUntouched(url: string): Promise<void> {
  const left = await ask(url, async (sql) => {
    const others = () =>
      sql`select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    await until('the server has let go', async () => (await others()).length === 0);
    return sql`select relname from pg_class where relnamespace = 'public'::regnamespace
      union all select nspname from pg_namespace where nspname = 'drizzle'`;
  });
  expect([...left]).toEqual([]);
}

it('takes everything along: what users read, where they go on, and what was said before', async () => {
  const url = await emptyDatabase();
  const { code, output, errors } = await run([], { DATABASE_URL: url });
  expect({ code, errors }, output).toEqual({ code: 0, errors: '' });
  expect(output).toMatch(/^chats: (6\d\d) of \1 rows$/m);
  expect(output).toMatch(/^Done, and compared row by row: 3 users, .*\b6\d\d chats\b/m);
  secretHint = /JWT_SECRET="\$\(cat '(.*)'\)"/.exec(output)?.[1] ?? '';
  expect(secretHint).toBe(join(directory, 'jwt-secret'));

  const secret = { JWT_SECRET: await secretOf(secretHint) };
  const service = await startServiceProcess({ env: { ...QUIET, ...secret, DATABASE_URL: url } });
  // The embedded database's driver drops a mark of byte order at the beginning of a text; the rows have it.
  const plain = (text: string) => text.replaceAll('"\uFEFF', '"');
  expect(plain(await readEverything(service.url, life))).toEqual(plain(before));

  await goesOn(service.url, url);
  await service.stop();
}, 120_000);

async function secretOf(file: string): Promise<string> {
  const child = spawn('sh', ['-c', `printf %s "$(cat '${file}')"`]);
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return text;
}

/** New messages take the next numbers and ids; a `clientId` from before is known; who is live gets them. */
async function goesOn(address: string, url: string): Promise<void> {
  const [state] = await ask(
    url,
    (sql) => sql`select "lastSeq" as seq, (select max(id) from chats) as id,
      (select count(*)::int from chats where text like ${'\uFEFF%'}) as marks
      from conversations where "channelId" = ${life.channelId}`,
  );
  expect(state?.marks).toBe(2);
  const reader = await connect('socketio', address, { token: life.cat.token });
  await reader.call('channel.join', { channel_id: life.channelId, since: state?.seq as number });
  const api = rest(address, life.ann.token);
  const again = await api.post<Message>('/messages', {
    channelId: life.channelId,
    text: 'x',
    clientId: life.used.clientId,
  });
  expect([again.status, again.data.id, again.data.text]).toEqual([200, life.used.id, 'once']);
  const next = await api.post<Message>('/messages', { channelId: life.channelId, text: 'next' });
  expect(next.data).toMatchObject({ seq: state?.seq + 1, id: state?.id + 1 });
  expect((await reader.next('channel.message')).data).toMatchObject({ id: next.data.id, seq: next.data.seq });
  await reader.close();
}

describe('is stopped', () => {
  /** A way to the target on which something happens as soon as the messages are being copied. */
  async function interrupting(url: string, act: () => void): Promise<string> {
    const target = new URL(url);
    const way = await startProxy({ host: target.hostname, port: Number(target.port) });
    proxy = way;
    let seen = '';
    way.filter((chunk, direction) => {
      if (direction === 'down') return chunk;
      seen = seen.slice(-200) + chunk.toString('latin1');
      if (!seen.includes('insert into "chats"')) return chunk;
      act();
      return undefined;
    });
    target.port = String(way.port);
    return target.href;
  }

  it('by a kill', async () => {
    const url = await emptyDatabase();
    let child: ChildProcess | undefined;
    const way = await interrupting(url, () => child?.kill('SIGKILL'));
    const { code } = await run([way], {}, (started) => {
      child = started;
    });
    expect(code).toBeNull();
    await isUntouched(url);
  });

  it('by the loss of its connection', async () => {
    const url = await emptyDatabase();
    const way = await interrupting(url, () => proxy?.cut());
    expect(await run([way])).toEqual(refused(/Nothing was exported, the target is as it was: .*CONNECTION_CLOSED.*/));
    await isUntouched(url);
  });

  it('by a person', async () => {
    const url = await emptyDatabase();
    let child: ChildProcess | undefined;
    const way = await interrupting(url, () => child?.kill('SIGINT'));
    const outcome = await run([way], {}, (started) => {
      child = started;
    });
    expect(outcome).toEqual(refused(/Nothing was exported, the target is as it was: interrupted/));
    await isUntouched(url);
  });

  it('by a full disk', async () => {
    const url = await emptyDatabase();
    // The server says what it says then, when the messages are in place.
    await ask(url, (sql) =>
      sql.unsafe(`
        create schema disk;
        create function disk.full() returns event_trigger language plpgsql as $$ begin
          if to_regclass('chats') is null then return; end if;
          if (select count(*) from chats) > 500 then
            raise 'could not extend file "base/1/2": No space left on device' using errcode = 'disk_full';
          end if;
        end $$;
        create event trigger full_disk on ddl_command_end execute function disk.full();`),
    );
    expect(await run([url])).toEqual(
      refused(/Nothing was exported, .*could not extend file .*: No space left on device/),
    );
    await isUntouched(url);
  });
});

describe('refuses', () => {
  it('what names no target, no server, or nobody who may come in', async () => {
    const url = new URL(await emptyDatabase());
    expect(await run([])).toEqual(refused(/Say where to: npm run embedded:export -- postgres:\/\/.*/));
    expect(await run(['mysql://hunter2@x'])).toEqual(refused(/Bad configuration: DATABASE_URL \(value not shown\).*/));
    url.username = 'nobody_here';
    expect(await run([url.href])).toEqual(refused(/Nothing was exported, .*role "nobody_here" does not exist/));
    url.port = '1';
    expect(await run([url.href])).toEqual(refused(/Nothing was exported, .*ECONNREFUSED.*/));
    const nothing = { DATA_DIR: join(directory, 'nothing') };
    expect(await run([url.href], nothing)).toEqual(refused(/There is no embedded database in .*nothing \(DATA_DIR.*/));
  });

  it('a target that holds anything: other tables, a row of ours, a later version', async () => {
    const url = await emptyDatabase();
    await ask(url, (sql) => sql`create table orders (id int)`);
    expect(await run([url])).toEqual(
      refused(/Nothing was exported, .* The target is not empty: it has tables \(orders\)/),
    );
    await ask(url, (sql) => sql`drop table orders`);
    await isUntouched(url);

    await ask(url, (sql) => sql`create table users (id uuid)`);
    expect(await run([url])).toEqual(
      refused(/Nothing was exported, .* The target is not empty: it has tables \(users\)/),
    );
    await ask(url, (sql) => sql`drop table users`);

    const service = await startServiceProcess({ env: { DATABASE_URL: url, MIGRATE_ON_START: 'true' } });
    await service.stop();
    await ask(url, (sql) => sql`insert into users (username, email, password) values ('a', 'a@b', 'x')`);
    expect(await run([url])).toEqual(refused(/Nothing was exported, .* its table users has rows/));
    await ask(url, (sql) => sql`delete from users`);
    await ask(url, (sql) => sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9e12)`);
    expect(await run([url])).toEqual(refused(/Nothing was exported, .* migrations that this version does not know/));

    // Without that it is what somebody prepared with `migration:run`: welcome.
    await ask(url, (sql) => sql`delete from drizzle.__drizzle_migrations where created_at = 9e12`);
    expect((await run([url])).code).toBe(0);
  }, 120_000);

  it('data that a later version has used', async () => {
    const later = temporaryDirectory('later');
    cpSync(directory, later, { recursive: true });
    const database = await PGlite.create(join(later, 'postgres'));
    await database.exec(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9000000000000)`);
    await database.close();
    const url = await emptyDatabase();
    expect(await run([url], { DATA_DIR: later })).toEqual(
      refused(/Nothing was exported, .* used by a later version .*/),
    );
    await isUntouched(url);
    removeDirectory(later);
  });
});
