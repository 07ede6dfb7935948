// PostgreSQL crashes, freezes or is cut off: statements fail in bounded time, and later ones work without a restart of us.
import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rows } from '../../src/database/database.ts';
import { isUnavailable } from '../../src/database/errors.ts';
import type { DatabaseHandle } from '../../src/database/handle.ts';
import { POOL_LIMITS, type PoolLimits } from '../../src/database/pool.ts';
import { connectPostgres } from '../../src/database/postgres.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { startProxy } from '../support/proxy.ts';

/** A fifth of the real ones. */
const LIMITS: PoolLimits = {
  ...POOL_LIMITS,
  maxWaitMs: 1_000,
  sendMs: 1_200,
  answerMs: 3_000,
  totalMs: 3_000,
  graceMs: 500,
};
const SLACK_MS = 1_500;

let server: PostgresServer;
let handle: DatabaseHandle;

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());
afterEach(() => handle.close());

function connect(url = server.url, limits = LIMITS): DatabaseHandle {
  handle = connectPostgres({ kind: 'postgres', url, poolMax: 3, ssl: false }, {}, limits);
  return handle;
}

const one = () => rows(handle.db, sql`select ${1}::int as one`);
const sleep = (seconds: number) => rows(handle.db, sql`select pg_sleep(${seconds})`);
const many = <T>(count: number, work: () => Promise<T>) => Promise.all(Array.from({ length: count }, work));

/** What became of it, and after how many milliseconds. */
async function outcome(work: Promise<unknown>): Promise<{ state: 'done' | 'unavailable' | 'failed'; after: number }> {
  const began = performance.now();
  const state = await work.then(
    () => 'done' as const,
    (error: unknown) => (isUnavailable(error) ? ('unavailable' as const) : ('failed' as const)),
  );
  return { state, after: performance.now() - began };
}

async function expectUnavailable(work: readonly Promise<unknown>[], withinMs: number): Promise<void> {
  for (const { state, after } of await Promise.all(work.map(outcome))) {
    expect(state).toBe('unavailable');
    expect(after).toBeLessThan(withinMs);
  }
}

async function running(least: number, most = Number.POSITIVE_INFINITY): Promise<void> {
  const watcher = connectPostgres({ kind: 'postgres', url: server.url, poolMax: 1, ssl: false });
  const statement = sql`select count(*) from pg_stat_activity where query like ${'%pg_sleep%'} and state = 'active' and pid <> pg_backend_pid()`;
  for (;;) {
    const count = Number((await rows<{ count: number }>(watcher.db, statement))[0]?.count ?? 0);
    if (count >= least && count <= most) break;
  }
  await watcher.close();
}

describe('a crash', () => {
  it('fails what is in flight at once, then everything quickly, until the server is back', async () => {
    connect();
    await many(3, one);
    const statements = [sleep(30), sleep(30)];
    const transaction = handle.db.transaction(async (tx) => {
      await tx.execute(sql`select ${1}::int`);
      await tx.transaction((inner) => inner.execute(sql`select pg_sleep(30)`));
    });
    const inFlight = expectUnavailable([...statements, transaction], 20_000);
    await running(3);
    await server.kill();
    const died = performance.now();
    await inFlight;
    expect(performance.now() - died).toBeLessThan(SLACK_MS);
    await expectUnavailable([...Array.from({ length: 20 }, one), handle.db.transaction(async () => {})], SLACK_MS);
    await server.restart();
    await expect(many(10, one)).resolves.toHaveLength(10);
    await expect(handle.db.transaction((tx) => rows(tx, sql`select 1 as one`))).resolves.toEqual([{ one: 1 }]);
  });

  it('between two statements of a transaction fails the transaction, not the process', async () => {
    connect();
    const transaction = handle.db.transaction(async (tx) => {
      await tx.execute(sql`select ${1}::int`);
      await server.kill();
      await tx.execute(sql`select ${2}::int`);
    });
    await expectUnavailable([transaction], 10_000);
    await server.restart();
    await expect(one()).resolves.toEqual([{ one: 1 }]);
  });

  it('is not hidden by a transaction that goes on regardless', async () => {
    connect();
    const transaction = handle.db.transaction(async (tx) => {
      await server.kill();
      return tx.execute(sql`select ${1}::int`).catch(() => 'never mind');
    });
    await expectUnavailable([transaction], 10_000);
    await server.restart();
  });

  it('of idle connections goes unnoticed', async () => {
    connect();
    await many(3, one);
    await server.restart();
    await expect(many(10, one)).resolves.toHaveLength(10);
  });
});

describe('a frozen server', () => {
  it('fails statements within their limits and works again when it is thawed', async () => {
    connect();
    await many(3, one);
    server.freeze();
    try {
      const work = [...Array.from({ length: 8 }, one), handle.db.transaction(async () => {}), handle.ping()];
      await expectUnavailable(work, LIMITS.answerMs + SLACK_MS);
      // Nobody answers on new connections either.
      await expectUnavailable(Array.from({ length: 8 }, one), LIMITS.sendMs + SLACK_MS);
    } finally {
      server.thaw();
    }
    await expect(many(10, one)).resolves.toHaveLength(10);
  });

  it('that freezes at the end of a transaction does not hold it', async () => {
    connect();
    const transaction = handle.db.transaction(async (tx) => {
      await tx.execute(sql`select ${1}::int`);
      server.freeze();
    });
    await expectUnavailable([transaction], LIMITS.answerMs + SLACK_MS);
    server.thaw();
    await expect(one()).resolves.toEqual([{ one: 1 }]);
  });
});

describe('connections', () => {
  it('that are silent are given up: others take their place while the network still swallows them', async () => {
    const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
    connect(server.url.replace(String(server.port), String(proxy.port)));
    await many(3, one);
    proxy.freeze();
    const swallowed = expectUnavailable([one(), one(), one()], LIMITS.answerMs + SLACK_MS);
    await swallowed;
    proxy.thaw();
    await expect(many(5, one)).resolves.toHaveLength(5);
    await proxy.stop();
  });

  it('that are taken and closed at once fail in bounded time, and later ones work', async () => {
    const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
    proxy.cut();
    connect(server.url.replace(String(server.port), String(proxy.port)));
    await expectUnavailable(Array.from({ length: 5 }, one), LIMITS.sendMs + SLACK_MS);
    proxy.heal();
    await expect(many(5, one)).resolves.toHaveLength(5);
    await proxy.stop();
  });

  it('that break while they are set up fail what they were for, and nothing else', async () => {
    const proxy = await startProxy({ host: '127.0.0.1', port: server.port });
    connect(server.url.replace(String(server.port), String(proxy.port)));
    const sentBefore = (cutAfter: number) => {
      let sent = 0;
      proxy.filter((chunk, direction) => {
        if (direction === 'up') sent += 1;
        if (sent > cutAfter) {
          proxy.cut();
          proxy.heal();
          return undefined;
        }
        return chunk;
      });
    };
    // What is sent: the session's settings, the statement, its values. An unhandled rejection would fail the run.
    for (const cutAfter of [0, 1, 2]) {
      sentBefore(cutAfter);
      expect((await outcome(one())).state).toBe('unavailable');
    }
    proxy.filter(undefined);
    await expect(many(5, one)).resolves.toHaveLength(5);
    await proxy.stop();
  });

  it('are few: who waits too long, or comes when too many wait, is refused without being run', async () => {
    connect(server.url, { ...LIMITS, maxWaiting: 2, answerMs: 20_000, totalMs: 20_000 });
    await handle.db.execute(sql`create table if not exists marks (n int)`);
    const busy = [sleep(2), sleep(2), sleep(2)];
    await running(3);
    const mark = () => handle.db.execute(sql`insert into marks values (${1})`);
    const results = await many(4, () => outcome(mark()));
    expect(results.map(({ state }) => state)).toEqual(Array.from({ length: 4 }, () => 'unavailable'));
    await Promise.all(busy);
    expect(await rows(handle.db, sql`select count(*) from marks`)).toEqual([{ count: 0 }]);
  });

  it('are closed with the handle, which then says so', async () => {
    connect();
    await many(3, one);
    await handle.close();
    expect((await outcome(one())).state).toBe('unavailable');
  });
});

it('ends a statement that takes too long, and one that waits for a lock', async () => {
  connect(server.url, { ...LIMITS, answerMs: 20_000, totalMs: 20_000 });
  await handle.db.execute(sql`create table if not exists locked (n int)`);
  await handle.db.transaction(async (tx) => {
    await tx.execute(sql`lock table locked`);
    const waiting = await outcome(rows(handle.db, sql`select n from locked where n = ${1}`));
    expect(waiting.state).toBe('unavailable');
    expect(waiting.after).toBeLessThan(2_000 + SLACK_MS);
  });
  const slow = await outcome(sleep(30));
  expect(slow.state).toBe('unavailable');
  expect(slow.after).toBeLessThan(7_000 + SLACK_MS);
});

describe('the time of one call', () => {
  const LATE: PoolLimits = { ...LIMITS, answerMs: 10_000, totalMs: 1_500 };
  /** Held for a moment, so that as many at once come from as many connections. */
  const pids = () => rows<{ pid: number }>(handle.db, sql`select pg_backend_pid() as pid, pg_sleep(0.2)::text`);

  it('counts from the call, not from the connection that it got', async () => {
    connect(server.url, { ...LATE, maxWaitMs: 1_400 });
    const [before] = await many(3, pids);
    const busy = many(3, () => sleep(1));
    await running(3);
    // It waits a second, and would then take another one.
    const late = await outcome(sleep(1));
    expect(late.state).toBe('unavailable');
    expect(late.after).toBeLessThan(1_500 + 500);
    await busy;
    // The server still works on what came too late.
    await running(0, 0);
    // The connection was not given up for that.
    const after = (await many(3, pids)).flat().map(({ pid }) => pid);
    expect(after).toContain(before?.[0]?.pid);
  });

  it('is over for a transaction too, which is rolled back and leaves its connection', async () => {
    connect(server.url, LATE);
    await handle.db.execute(sql`create table if not exists late (n int)`);
    let ended: Promise<unknown> = Promise.resolve();
    const transaction = handle.db.transaction((tx) => {
      const work = async () => {
        await tx.execute(sql`insert into late values (${1})`);
        await new Promise((resolve) => setTimeout(resolve, 2_500));
        await tx.execute(sql`insert into late values (${2})`);
      };
      ended = work();
      return ended as Promise<void>;
    });
    const { state, after } = await outcome(transaction);
    expect(state).toBe('unavailable');
    expect(after).toBeLessThan(1_500 + 500);
    expect(isUnavailable(await ended.catch((error: unknown) => error))).toBe(true);
    expect(await rows(handle.db, sql`select count(*) from late`)).toEqual([{ count: 0 }]);
  });
});
