// Every message has its number among the countable ones of its log, whoever wrote it and when; senders and new members have
// their markers. Existing logs are counted beside those who write to them.
import { sql } from 'drizzle-orm';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { connectDatabase } from '../../src/database/connect.ts';
import { type Database, rows } from '../../src/database/database.ts';
import { countUncounted } from '../../src/database/message-counts.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import type { Progress } from '../../src/database/progress.ts';
import { migrationsBefore } from '../support/first-migrations.ts';
import { createDatabase } from '../support/postgres.ts';
import { createChat, describeChat } from './chat-under-test.ts';

/** Messages and logs whose stored numbers are not what counting them gives. */
const WRONG = sql`
  select 'message' as what, m."id" from chats m join (
    select "id", count(*) filter (where not "silent") over (partition by "conversationId" order by "seq") as "number"
    from chats where "conversationId" is not null
  ) n on n."id" = m."id" where m."number" is distinct from n."number"
  union all
  select 'log', c."id" from conversations c where not c."isCounted" or c."messageCount" <> (
    select count(*) from chats m where m."conversationId" = c."id" and not m."silent")`;

const markers = (db: Database, channelId: number) =>
  rows<{ userId: number; readSeq: number; seenSeq: number }>(
    db,
    sql`select s."userId", s."readSeq", s."seenSeq" from seats s join conversations c on c."id" = s."conversationId"
      where c."channelId" = ${channelId}::int order by s."userId"`,
  );

describeChat('numbers of messages', (chat) => {
  it('count what is countable, in one batch and in the next, and a silent message keeps the number before it', async () => {
    const owner = await chat().user();
    const channelId = await chat().group(owner);
    await Promise.all([chat().say(owner, channelId), chat().say(owner, channelId)]);
    const content = JSON.stringify([{ text: 'a' }, { text: 'b', silent: true }, { text: 'c', silent: false }]);
    await chat().sql(sql`select * from append_messages(array[${owner.id}, ${owner.id}, ${owner.id}]::int[],
      array[${channelId}, ${channelId}, ${channelId}]::int[], array[null, null, null]::int[],
      array[null, null, null]::text[], ${content}::text::jsonb)`);
    await chat().sql(sql`update chats set "silent" = true where "channelId" = ${channelId}::int and "text" = 'b'`);
    const { id } = await chat().say(owner, channelId);
    await chat().messages.remove(owner, id);
    await chat().say(owner, channelId);
    expect(
      await chat().sql(sql`select array_agg("number" order by "seq") as "numbers" from chats
        where "channelId" = ${channelId}::int`),
    ).toEqual([{ numbers: [1, 2, 3, 3, 4, 5, 6] }]);
  });

  it('are given to what the former service writes, and move its marker', async () => {
    const [owner, other] = [await chat().user(), await chat().user()];
    const channelId = await chat().group(owner, other);
    await chat().say(owner, channelId);
    await chat().sql(sql`insert into chats ("senderId", "channelId", "text") values
      (${other.id}::int, ${channelId}::int, 'one'), (${other.id}::int, ${channelId}::int, 'two')`);
    await chat().sql(sql`insert into chats ("senderId", "receiverId", "text") values
      (${other.id}::int, ${owner.id}::int, 'direct')`);
    expect(await markers(chat().db, channelId)).toEqual([
      { userId: owner.id, readSeq: 1, seenSeq: 1 },
      { userId: other.id, readSeq: 3, seenSeq: 3 },
    ]);
    expect(await chat().sql(WRONG)).toEqual([]);
  });

  it('begin for new members at the head, whoever adds them, and for the first ones at 0', async () => {
    const users = [await chat().user(), await chat().user(), await chat().user()] as const;
    const channelId = await chat().group(users[0]);
    expect(await markers(chat().db, channelId)).toEqual([{ userId: users[0].id, readSeq: 0, seenSeq: 0 }]);
    await chat().say(users[0], channelId);
    await chat().members.add(users[0], channelId, users[1].id);
    await chat().say(users[0], channelId);
    await chat().sql(sql`insert into channel_members ("userId", "channelId")
      values (${users[2].id}::int, ${channelId}::int)`);
    expect((await markers(chat().db, channelId)).map(({ readSeq }) => readSeq)).toEqual([2, 1, 2]);
    await chat().members.leave(users[1], channelId);
    await chat().say(users[0], channelId);
    await chat().members.add(users[0], channelId, users[1].id);
    expect((await markers(chat().db, channelId)).map(({ readSeq }) => readSeq)).toEqual([3, 3, 2]);
  });

  it('move the markers of senders, and of nobody else', async () => {
    const [a, b] = [await chat().user(), await chat().user()];
    await chat().tell(a, b);
    await chat().tell(b, a);
    await chat().tell(a, b);
    const found = await chat().sql(sql`select s."userId", s."readSeq", s."seenSeq" from seats s
      join conversations c on c."id" = s."conversationId" where c."userLow" = ${a.id}::int order by s."userId"`);
    expect(found).toEqual([
      { userId: a.id, readSeq: 3, seenSeq: 3 },
      { userId: b.id, readSeq: 2, seenSeq: 2 },
    ]);
  });
});

describe('a database of the version before', () => {
  const LARGE = 5000;

  /** One large channel with a deleted message, many small ones, and pairs. */
  async function openBefore() {
    const database = await createDatabase(inject('postgresUrl'));
    const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 4, ssl: false });
    onTestFinished(async () => {
      await handle.close();
      await database.drop();
    });
    await runMigrations(handle, migrationsBefore('counting'));
    const query = (statement: ReturnType<typeof sql>) => rows<Record<string, unknown>>(handle.db, statement);
    await query(sql`insert into users ("username", "email", "password")
      select 'u' || n, 'u' || n, 'none' from generate_series(1, 20) n`);
    await query(sql`insert into channels ("name", "ownerId") select 'c', 1 from generate_series(1, 300) n`);
    await query(sql`insert into channel_members ("userId", "channelId") select u, c
      from generate_series(1, 300) c, generate_series(1, 3) u`);
    // By number, because the trigger that gives numbers takes its time.
    await query(sql`insert into conversations ("channelId") select "id" from channels`);
    await query(sql`insert into conversations ("userLow", "userHigh") select n, 14 from generate_series(5, 14) n`);
    const messages = sql`select 1 + n % 3 as sender, case when n <= ${LARGE}::int then 1 else n % 250 + 2 end as channel,
        null::int as receiver, n from generate_series(1, ${LARGE + 1000}::int) n
      union all select 5 + n % 10, null, 14, n from generate_series(1, 50) n`;
    await query(sql`insert into chats ("senderId", "channelId", "receiverId", "text", "conversationId", "seq", "updatedSeq")
      select m.sender, m.channel, m.receiver, 'x', c."id", m.n, m.n from (${messages}) m
      join conversations c on c."channelId" = m.channel or c."userLow" = m.sender and c."userHigh" = m.receiver`);
    await query(
      sql`update conversations c set "lastSeq" = coalesce((select max("seq") from chats m where m."conversationId" = c."id"), 0)`,
    );
    await query(sql`update chats set "deletedAt" = now() where "id" in (7, 5100)`);
    return { handle, query };
  }

  const behind = sql`select 1 as behind from channel_members m join conversations c on c."channelId" = m."channelId"
    left join seats s on s."userId" = m."userId" and s."conversationId" = c."id" where s."readSeq" is distinct from c."lastSeq"`;

  it('is counted in steps, everybody at the head, and goes on where it was cut off', async () => {
    const { handle, query } = await openBefore();
    const interrupted: Progress[] = [];
    await expect(
      runMigrations(handle, 'migrations', (progress) => {
        interrupted.push(progress);
        if (progress.step === 'counting messages' && (progress.done ?? 0) > 50) throw new Error('interrupted');
      }),
    ).rejects.toThrow('interrupted');
    const left = await countUncounted(handle.db);
    expect(left).toBeGreaterThan(50);
    const steps: Progress[] = [];
    await runMigrations(handle, 'migrations', (progress) => void steps.push(progress));
    expect(steps).toContainEqual({ step: 'counting messages', done: left, total: left, unit: 'conversations' });
    expect(await query(WRONG)).toEqual([]);
    expect(await query(behind)).toEqual([]);
    expect(
      await query(sql`select count(*)::int as seats from seats s join conversations c on c."id" = s."conversationId"
      where c."userLow" is not null`),
    ).toEqual([{ seats: 19 }]);
    expect(await countUncounted(handle.db)).toBe(0);
  });

  it('is counted beside those who send, by any program', async () => {
    const { handle, query } = await openBefore();
    const chat = createChat(handle.db);
    let running = true;
    onTestFinished(() => {
      running = false;
    });
    let sent = 0;
    const writing = (async () => {
      const [sender] = await Promise.all([1, 2].map(async (id) => await chat.principals.load(id)));
      while (running && sender) {
        await chat.say(sender, 1 + (sent % 40));
        await query(
          sql`insert into chats ("senderId", "channelId", "text") values (2, ${1 + (sent % 40)}::int, 'foreign')`,
        );
        sent += 1;
      }
    })();
    await runMigrations(handle, 'migrations');
    running = false;
    await writing;
    expect(sent).toBeGreaterThan(0);
    expect(await query(WRONG)).toEqual([]);
  });
});
