// Both drivers behind one handle: the same values, the same errors; and what only the server's driver has to prove.
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { users } from '../../drizzle/schema.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import { isUnavailable, sqlState, toChatError, violatedConstraint } from '../../src/database/errors.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createDatabase } from '../support/postgres.ts';
import { startProxy } from '../support/proxy.ts';

let database: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
});
afterAll(() => database.drop());

function server(url: string, poolMax = 2) {
  return connectDatabase({ kind: 'postgres', url, poolMax, ssl: false });
}

const drivers = [
  ['postgres', () => server(database.url)],
  ['embedded', () => connectDatabase({ kind: 'embedded', directory: 'memory://' })],
] as const;

describe.each(drivers)('%s', (_kind, connect) => {
  let handle: DatabaseHandle;

  beforeAll(async () => {
    handle = await connect();
    await runMigrations(handle, 'migrations');
  });

  it('answers a ping', async () => {
    await expect(handle.ping()).resolves.toBeUndefined();
  });

  it('gives the same values for the same types', async () => {
    const [row] = await rows(
      handle.db,
      sql`select timestamp '2026-01-31 09:05:07.1' as "timestamp", timestamptz '2026-01-31 09:05:07.1+02' as "timestamptz",
        date '2026-01-31' as "date", ${sql.param([1, 2])}::int[] as "ints", ${sql.param(['a', 'NULL', '"'])}::text[] as "texts", 7::int8 as "int8",
        count(*) as "count", 1.5::numeric as "numeric", 1.5::float8 as "float8", true as "boolean", null as "null",
        ${'{"a":[1]}'}::jsonb as "json", 'group'::channels_type_enum as "enum", ${'é\u{1f600}'}::text as "text",
        (${sql.param([null, 'x'])}::text[])[1] is null as "absent"`,
    );
    expect(row).toEqual({
      timestamp: '2026-01-31 09:05:07.1',
      timestamptz: '2026-01-31 07:05:07.1+00',
      date: '2026-01-31',
      ints: [1, 2],
      texts: ['a', 'NULL', '"'],
      absent: true,
      int8: 7,
      count: 1,
      numeric: '1.5',
      float8: 1.5,
      boolean: true,
      null: null,
      json: { a: [1] },
      enum: 'group',
      text: 'é\u{1f600}',
    });
  });

  it('writes and reads times as text in UTC, by statement and by table', async () => {
    const [created] = await handle.db
      .insert(users)
      .values({ username: 'clock', email: 'clock@x', password: '-', createdAt: '2026-01-31 09:05:07.123' })
      .returning();
    expect(created?.createdAt).toBe('2026-01-31 09:05:07.123');
    const [read] = await rows(handle.db, sql`select "createdAt", "updatedAt" from users where username = ${'clock'}`);
    expect(read).toEqual({ createdAt: '2026-01-31 09:05:07.123', updatedAt: created?.updatedAt });
    expect(Math.abs(Date.parse(`${created?.updatedAt.replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(60_000);
  });

  it('commits and rolls back transactions, nested ones by themselves', async () => {
    await handle.db.transaction(async (tx) => {
      await tx.execute(sql`create table kept (n int)`);
      await tx.execute(sql`insert into kept values (${1})`);
      await expect(
        tx.transaction(async (inner) => {
          await inner.execute(sql`insert into kept values (${2})`);
          throw new Error('only the inner one');
        }),
      ).rejects.toThrow('only the inner one');
    });
    await expect(
      handle.db.transaction(async (tx) => {
        await tx.execute(sql`insert into kept values (${3})`);
        throw new Error('all of it');
      }),
    ).rejects.toThrow('all of it');
    expect(await rows(handle.db, sql`select n from kept`)).toEqual([{ n: 1 }]);
  });

  it('says which rule a statement broke', async () => {
    const add = (username: string, email: string) => handle.db.insert(users).values({ username, email, password: '-' });
    await add('first', 'first@x');
    const sameEmail = await failure(add('other', 'first@x'));
    expect(violatedConstraint(sameEmail)).toBe('UQ_users_email');
    expect(toChatError(sameEmail)?.code).toBe('EMAIL_TAKEN');
    expect(toChatError(await failure(add('first', 'other@x')))?.code).toBe('USERNAME_TAKEN');
    const wrong = await failure(handle.db.execute(sql`select ${1} from nowhere`));
    expect([sqlState(wrong), isUnavailable(wrong), toChatError(wrong)]).toEqual(['42P01', false, undefined]);
  });

  it('is unavailable once it is closed', async () => {
    await handle.close();
    expect(isUnavailable(await failure(handle.ping()))).toBe(true);
  });
});

describe('postgres', () => {
  it('sets up every session alike, whatever the database says', async () => {
    const handle = await server(database.url);
    const name = new URL(database.url).pathname.slice(1);
    await handle.db.execute(sql.raw(`alter database ${name} set timezone to 'Asia/Kolkata'`));
    await handle.db.execute(sql.raw(`alter database ${name} set datestyle to 'SQL, DMY'`));
    await handle.db.execute(sql.raw(`alter database ${name} set default_transaction_isolation to 'serializable'`));
    await handle.close();
    const again = await server(database.url);
    const [session] = await rows(
      again.db,
      sql`select current_setting('TimeZone') as "zone", '2026-01-31'::date as "day",
        current_setting('transaction_isolation') as "isolation", current_setting('statement_timeout') as "statement",
        current_setting('lock_timeout') as "lock", current_setting('application_name') as "name",
        current_setting('jit') as "jit"`,
    );
    expect(session).toEqual({
      zone: 'UTC',
      day: '2026-01-31',
      isolation: 'read committed',
      statement: '7s',
      lock: '2s',
      name: 'chat-service',
      // What is switched off for plans by key makes others look dear enough to be compiled, for half a second each time.
      jit: 'off',
    });
    await again.close();
  });

  it('has no time limit on a session of one’s own', async () => {
    const handle = await server(database.url);
    const limits = sql`select current_setting('statement_timeout') as "statement", current_setting('lock_timeout') as "lock"`;
    expect(await handle.dedicated((db) => rows(db, limits))).toEqual([{ statement: '0', lock: '0' }]);
    await handle.close();
  });

  it('asks once per statement: prepared, and described no second time', async () => {
    const relay = await countFlights(database.url);
    const handle = await server(relay.url, 1);
    const statement = (n: number) =>
      sql`select id from users where id = ${n} and username = any(${sql.param(['a'])}::text[])`;
    await handle.db.execute(statement(1));
    relay.take();
    await handle.db.execute(statement(2));
    expect(relay.take()).toBe(1);
    await handle.db.select({ id: users.id }).from(users).where(sql`id = ${1}`);
    relay.take();
    await handle.db.select({ id: users.id }).from(users).where(sql`id = ${2}`);
    expect(relay.take()).toBe(1);
    await handle.db.transaction((tx) => tx.execute(statement(3)));
    expect(relay.take()).toBe(3); // begin, the statement, commit
    const prepared = await rows(
      handle.db,
      sql`select statement from pg_prepared_statements where statement like ${'select id%'}`,
    );
    expect(prepared).toHaveLength(1);
    await handle.close();
    await relay.stop();
  });

  it('prepares nothing, and sets nothing that poolers do not know, where one is said to stand between', async () => {
    const handle = await connectDatabase({
      kind: 'postgres',
      url: database.url,
      poolMax: 1,
      ssl: false,
      pooled: true,
    });
    await handle.db.execute(sql`select ${1}::int`);
    await handle.db.execute(sql`select ${1}::int`);
    expect(await rows(handle.db, sql`select count(*) from pg_prepared_statements`)).toEqual([{ count: 0 }]);
    const settings = sql`select current_setting('statement_timeout') as "statement", current_setting('TimeZone') as "zone"`;
    expect(await rows(handle.db, settings)).toEqual([{ statement: '0', zone: 'UTC' }]);
    await handle.close();
  });

  it('keeps further statements waiting while all connections are busy', async () => {
    const handle = await server(database.url, 2);
    const busy = sql`select count(*) from pg_stat_activity where application_name = ${'chat-service'} and datname = current_database()`;
    const counts = await Promise.all(Array.from({ length: 50 }, () => rows(handle.db, busy)));
    expect(counts.flat().every(({ count }) => Number(count) <= 2)).toBe(true);
    await handle.close();
  });

  it('is no excuse for a wrong password or an unknown database', async () => {
    const url = new URL(database.url);
    url.pathname = '/there_is_none';
    const handle = await server(url.href);
    const error = await failure(handle.ping());
    expect([sqlState(error), isUnavailable(error)]).toEqual(['3D000', false]);
    await handle.close();
  });
});

/** A way to the server that counts flights from the client: how often it said something after an answer. */
async function countFlights(url: string) {
  const direct = new URL(url);
  const proxy = await startProxy({ host: direct.hostname, port: Number(direct.port) });
  let flights = 0;
  let last: string | undefined;
  proxy.filter((chunk, direction) => {
    if (direction === 'up' && last !== 'up') flights += 1;
    last = direction;
    return chunk;
  });
  direct.host = `${proxy.host}:${proxy.port}`;
  const take = () => {
    const taken = flights;
    flights = 0;
    return taken;
  };
  return { url: direct.href, take, stop: () => proxy.stop() };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}
