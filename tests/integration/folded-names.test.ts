// Rows that programs write which do not know of folded names: nodes of the version before, and the former service. They are
// found in any case from then on, and never stand in anybody's way.
import { hash as bcrypt } from '@node-rs/bcrypt';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { rows } from '../../src/database/database.ts';
import { createFoldedNames, foldedKey } from '../../src/database/folded-names.ts';
import { FOLDING } from '../../src/database/folding.ts';
import { revertMigration, runMigrations } from '../../src/database/migrate.ts';
import type { Progress } from '../../src/database/progress.ts';
import { planMigrations } from '../../src/legacy/dry-run.ts';
import { describeSchema } from '../support/catalog.ts';
import { firstMigrations } from '../support/first-migrations.ts';
import { downScript } from '../support/migrations.ts';
import { createDatabase } from '../support/postgres.ts';
import { type Chat, createChat, describeChat } from './chat-under-test.ts';

const password = 'correct horse';
const SOMEBODY = { id: 0 };
let hashed: string;

async function insert(chat: Chat, username: string, email: string): Promise<number> {
  hashed ??= await bcrypt(password, { cost: 4 });
  const [row] = await chat.sql(
    sql`insert into users ("username", "email", "password")
      values (${username}::text, ${email}::text, ${hashed}::text) returning "id"`,
  );
  return Number(row?.id);
}

async function folded(chat: Chat, id: number) {
  const [row] = await chat.sql(
    sql`select "foldedUsername", "foldedEmail", "isNameUnique" from users where "id" = ${id}::int`,
  );
  return [row?.foldedUsername, row?.foldedEmail, row?.isNameUnique];
}

async function rename(chat: Chat, id: number, username: string) {
  const principal = (await chat.principals.load(id)) as Principal;
  return chat.accounts.updateProfile(principal, { currentPassword: password, username });
}

describeChat('rows of older programs', (chat) => {
  const found = async (part: string) => (await chat().accounts.search(SOMEBODY, part)).map(({ id }) => id);
  const login = async (email: string) => (await chat().accounts.login({ email, password })).user.id;

  it('are found as soon as they are there, whatever asks first', async () => {
    const first = await insert(chat(), 'ÉTÉ', 'ÉTÉ@example.com');
    expect(await login('été@example.com')).toBe(first);
    const second = await insert(chat(), 'HÔTE', 'HÔTE@example.com');
    expect(await found('hôte')).toEqual([second]);
    await insert(chat(), 'NOËL', 'NOEL@example.com');
    const body = { username: 'noël', email: 'other@example.com', password };
    await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    await insert(chat(), 'ÂGE', 'age@example.com');
    await expect(rename(chat(), first, 'âge')).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
  });

  it('are found by the new name and email after they were changed there, and no more by the old ones', async () => {
    const { user } = await chat().accounts.register({ username: 'Über', email: 'uber@example.com', password });
    expect(await folded(chat(), user.id)).toEqual(['über', 'uber@example.com', true]);
    await chat().sql(
      sql`update users set "username" = 'ÄRGER', "email" = 'ÄRGER@example.com' where "id" = ${user.id}::int`,
    );
    expect(await folded(chat(), user.id)).toEqual([null, null, false]);
    expect(await login('ärger@example.com')).toBe(user.id);
    expect(await found('über')).toEqual([]);
    expect(await found('ärger')).toEqual([user.id]);
    await chat().accounts.register({ username: 'über', email: 'uber@example.com', password });
  });

  it('keep what is folded where something else is changed', async () => {
    const { user } = await chat().accounts.register({ username: 'Ärmel', email: 'armel@example.com', password });
    await chat().sql(
      sql`update users set "username" = "username", "avatar" = 'a.png', "updatedAt" = now() where "id" = ${user.id}::int`,
    );
    expect(await folded(chat(), user.id)).toEqual(['ärmel', 'armel@example.com', true]);
    await rename(chat(), user.id, 'ÄRMEL');
    expect(await folded(chat(), user.id)).toEqual(['ärmel', 'armel@example.com', true]);
  });

  it('may differ in case alone, and then nobody takes that name newly', async () => {
    const ids = [await insert(chat(), 'Örn', 'orn1@example.com'), await insert(chat(), 'örn', 'orn2@example.com')];
    expect(await found('ÖRN')).toEqual(ids);
    const body = { username: 'ÖRN', email: 'orn3@example.com', password };
    await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    await rename(chat(), ids[0] as number, 'Ørn');
    await expect(rename(chat(), ids[0] as number, 'ÖRN')).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
  });

  it('are folded once by many who look at the same time, on two nodes', async () => {
    await chat().sql(
      sql`insert into users ("username", "email", "password")
        select 'Masse Ü' || n, 'MASSE' || n || '@example.com', 'none' from generate_series(1, 1700) n`,
    );
    const nodes = [createFoldedNames(chat().db), createFoldedNames(chat().db)];
    await Promise.all([...nodes, ...nodes, ...nodes].map((node) => node.settle()));
    const [row] = await chat().sql(
      sql`select count(*)::int as "count" from users
        where "foldedUsername" like 'masse ü%' and "foldedEmail" like 'masse%@example.com'`,
    );
    expect(row?.count).toBe(1700);
  });
});

const before = () => firstMigrations(Number(FOLDING));
const withFolding = () => firstMigrations(Number(FOLDING) + 1);

describe('a database of the version before', () => {
  async function openBefore(users: number) {
    const database = await createDatabase(inject('postgresUrl'));
    const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
    onTestFinished(async () => {
      await handle.close();
      await database.drop();
    });
    await runMigrations(handle, before());
    const query = (statement: ReturnType<typeof sql>) => rows<Record<string, unknown>>(handle.db, statement);
    await query(sql`insert into users ("username", "email", "password")
      select (case n % 2 when 0 then 'ÜSER' else 'üser' end) || n / 2, 'ÜSER' || n || '@example.com', 'none'
      from generate_series(2, ${users + 1}::int) n`);
    return { database, handle, query };
  }

  const unfolded = sql`select count(*)::int as "count" from users where "foldedUsername" is null or "foldedEmail" is null`;

  it('is brought up with names twice in it, while others write to it', async () => {
    const folder = withFolding();
    const { database, handle, query } = await openBefore(3000);
    const other = postgres(database.url, { max: 2, onnotice: () => {} });
    onTestFinished(() => other.end());
    expect((await handle.dedicated(async () => planMigrations(handle, folder))).join('\n')).toMatch(
      /fold the names and emails of 3000 users/,
    );
    const steps: Progress[] = [];
    let stopped = false;
    onTestFinished(() => {
      stopped = true;
    });
    const written: number[] = [];
    const writing = (async () => {
      for (let n = 0; !stopped; n += 1) {
        const [row] = await other`insert into users (username, email, password)
          values (${`Écrit ${n}`}, ${`ÉCRIT${n}@example.com`}, 'none') returning id`;
        written.push(Number(row?.id));
        await other`update users set username = username || '!' where id = ${n + 1}`;
      }
    })();
    expect(await runMigrations(handle, folder, (progress) => void steps.push(progress))).toEqual([FOLDING]);
    expect(steps).toContainEqual({ step: 'folding names', done: 500, total: expect.any(Number), unit: 'users' });
    stopped = true;
    await writing;
    await createFoldedNames(handle.db).settle();
    expect(await query(unfolded)).toEqual([{ count: 0 }]);
    const chat = createChat(handle.db);
    expect((await chat.accounts.search(SOMEBODY, 'ÉCRIT')).length).toBe(Math.min(10, written.length));
    expect(await query(sql`select "foldedUsername" from users where "id" = 2000`)).toEqual([
      { foldedUsername: expect.stringMatching(/^üser\d+$/) },
    ]);
  });

  it('is folded beside those who send messages, which hold their senders', async () => {
    const folder = withFolding();
    const { database, handle, query } = await openBefore(5);
    await runMigrations(handle, folder);
    await query(sql`update users set "email" = 'NEW' || "email"`);
    const other = postgres(database.url, { max: 1, onnotice: () => {} });
    onTestFinished(() => other.end());
    await other.begin(async (tx) => {
      await tx`select 1 from users for key share`;
      await createFoldedNames(handle.db).settle();
    });
    expect(await query(unfolded)).toEqual([{ count: 0 }]);
  });

  it('is brought up after an interruption, goes back, and comes again', async () => {
    const folder = withFolding();
    const { handle, query } = await openBefore(50);
    const fresh = await createDatabase(inject('postgresUrl'));
    const wanted = await connectDatabase({ kind: 'postgres', url: fresh.url, poolMax: 1, ssl: false });
    onTestFinished(async () => {
      await wanted.close();
      await fresh.drop();
    });
    await runMigrations(wanted, folder);
    const schemaBefore = await describeSchema(handle.db);
    await expect(
      runMigrations(handle, folder, ({ step }) => {
        if (step.includes('IDX_users_folded_email')) throw new Error('interrupted');
      }),
    ).rejects.toThrow();
    expect(await runMigrations(handle, folder)).toEqual([FOLDING]);
    expect(await describeSchema(handle.db)).toEqual(await describeSchema(wanted.db));
    expect(await query(unfolded)).toEqual([{ count: 0 }]);
    expect(await revertMigration(handle, folder, downScript)).toBe(FOLDING);
    expect(await describeSchema(handle.db)).toEqual(schemaBefore);
    await runMigrations(handle, folder);
    expect(await query(unfolded)).toEqual([{ count: 0 }]);
  });

  it('folds long names of marks alone in less time than composing them takes', () => {
    const marks = '\u0301\u0323'.repeat(8000);
    const timeOf = (work: () => unknown) => {
      const startedAt = performance.now();
      work();
      return performance.now() - startedAt;
    };
    expect(timeOf(() => foldedKey(marks))).toBeLessThan(timeOf(() => marks.normalize('NFC')) / 3);
  });

  it('may have names of any length, and of nothing but what is folded into more', async () => {
    const folder = withFolding();
    const { handle, query } = await openBefore(2);
    await query(sql`alter table users alter column username type text, alter column email type text`);
    // As much as an index takes of what no compression makes smaller; folded it is more.
    const manifold = (step: number) =>
      Array.from({ length: 880 }, (_, n) => String.fromCodePoint(0x4e00 + ((n * step) % 20_011))).join('') +
      '㍿'.repeat(10);
    await query(sql`insert into users ("username", "email", "password") values
      (${manifold(7919)}::text, ${manifold(6007)}::text, 'none'), (${'\u200b'}::text, 'ß', 'none'),
      (${'\ufdfa'.repeat(4000)}::text, ${'😀'.repeat(4000)}::text, 'none')`);
    await runMigrations(handle, folder);
    expect(await query(unfolded)).toEqual([{ count: 0 }]);
    expect(await query(sql`select "foldedUsername", "foldedEmail" from users where "email" = 'ß'`)).toEqual([
      { foldedUsername: '', foldedEmail: 'ss' },
    ]);
  });
});
