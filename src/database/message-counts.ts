// Gives the messages of logs from before counting their numbers (`chats.number`), and their members markers at the head.
// Small logs are done together, large ones in batches. A log is locked only for its last batch, which makes it counted,
// so the rows themselves show what is done.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from './database.ts';
import type { Report } from './progress.ts';
import { givingWay, type Step } from './short-lock.ts';

/** Messages in one transaction. Whoever writes to a log of the batch waits for it, well below 250 ms. */
const MESSAGES_AT_ONCE = 2000;
const LOGS_AT_ONCE = 200;

type UncountedLog = {
  readonly id: number;
  /** At least as many as it has messages. */
  readonly lastSeq: number;
};

/** May be cut off anywhere, and goes on from there the next time. Does nothing before the migration that counts. */
export async function countMessages({ db, report }: { readonly db: Database; readonly report: Report }): Promise<void> {
  const total = await countUncounted(db);
  if (total === 0) return;
  const step = { db, report, step: 'counting messages' };
  let done = 0;
  for (let last = 0; ; ) {
    const logs = await uncountedLogs(db, last);
    if (logs.length === 0) return;
    for (const some of packed(logs)) {
      for (const { id, lastSeq } of some) if (lastSeq > MESSAGES_AT_ONCE) await numberMost(step, id);
      await givingWay(step, (tx) => finishLogs(tx, idsOf(some)));
      done += some.length;
      report({ step: step.step, done, total: Math.max(done, total), unit: 'conversations' });
    }
    last = logs.at(-1)?.id ?? last;
  }
}

/** How many logs still have messages to count. 0 before the migration that counts. */
export async function countUncounted(db: Database): Promise<number> {
  const [column] = await rows<{ exists: boolean }>(
    db,
    sql`select exists (select from pg_attribute where attrelid = to_regclass('conversations')
      and attname = 'isCounted' and not attisdropped) as "exists"`,
  );
  if (!column?.exists) return 0;
  const [row] = await rows<{ count: number }>(
    db,
    sql`select count(*)::int as "count" from conversations where not "isCounted"`,
  );
  return row?.count ?? 0;
}

function uncountedLogs(db: Database, after: number): Promise<UncountedLog[]> {
  return rows(
    db,
    sql`select "id", "lastSeq" from conversations where not "isCounted" and "id" > ${after}::int
      order by "id" limit ${LOGS_AT_ONCE}::int`,
  );
}

/** Groups of logs for a transaction each, in order. A large log closes its group. */
function packed(logs: readonly UncountedLog[]): UncountedLog[][] {
  const groups: UncountedLog[][] = [];
  let room = 0;
  for (const log of logs) {
    if (groups.length === 0 || log.lastSeq > room) {
      groups.push([]);
      room = MESSAGES_AT_ONCE;
    }
    groups.at(-1)?.push(log);
    room -= log.lastSeq;
  }
  return groups;
}

function idsOf(logs: readonly UncountedLog[]): SQL {
  return sql`${sql.param(logs.map(({ id }) => id))}::int[]`;
}

/** All but the last messages of a large log, without its lock: they are there, and no other has a number. */
async function numberMost(step: Step, log: number): Promise<void> {
  for (let last = await numberedUpTo(step.db, log); ; ) {
    const from = last;
    const batch = await givingWay(step, (tx) => numberSome(tx, log, from));
    if (batch.count < MESSAGES_AT_ONCE) return;
    last = batch;
  }
}

type Position = {
  readonly seq: number;
  /** `chats.number` there. */
  readonly number: number;
};

/** The place from which the log has no numbers. */
async function numberedUpTo(db: Database, log: number): Promise<Position> {
  const [row] = await rows<Position>(
    db,
    sql`select m."seq", m."number" from chats m
      where m."conversationId" = ${log}::int and m."seq" < coalesce((
        select n."seq" from chats n where n."conversationId" = ${log}::int and n."number" is null order by n."seq" limit 1
      ), 2147483647) order by m."seq" desc limit 1`,
  );
  return row ?? { seq: 0, number: 0 };
}

async function numberSome(tx: Database, log: number, from: Position): Promise<Position & { readonly count: number }> {
  await lookUpByKey(tx);
  const [row] = await rows<{ seq: number | null; number: number | null; count: number }>(
    tx,
    sql`with batch as materialized (
        select m."id", m."seq", m."silent" from chats m
        where m."conversationId" = ${log}::int and m."seq" > ${from.seq}::int and m."number" is null
        order by m."seq" limit ${MESSAGES_AT_ONCE}::int
      ), numbered as materialized (
        select "id", "seq", ${from.number}::int + (count(*) filter (where not "silent") over (order by "seq"))::int as "number"
        from batch
      ), stored as (
        update chats m set "number" = n."number" from numbered n where m."id" = n."id" returning 1
      )
      select max("seq") as "seq", max("number") as "number", (select count(*)::int from stored) as "count" from numbered`,
  );
  return { seq: row?.seq ?? from.seq, number: row?.number ?? from.number, count: row?.count ?? 0 };
}

/** Locks the logs in the order of their ids, and then the seats, like all who write to them. */
async function finishLogs(tx: Database, ids: SQL): Promise<void> {
  await lookUpByKey(tx);
  await tx.execute(sql`select from conversations where "id" = any(${ids}) order by "id" for no key update`);
  await tx.execute(sql`update chats m set "number" = n."number" from (
      select r."id", coalesce(b."number", 0)
        + (count(*) filter (where not r."silent") over (partition by l."id" order by r."seq"))::int as "number"
      from unnest(${ids}) as l("id")
      left join lateral (select c."seq", c."number" from chats c where c."conversationId" = l."id" and c."number" is not null
        order by c."seq" desc limit 1) b on true
      join lateral (select c."id", c."seq", c."silent" from chats c where c."conversationId" = l."id"
        and c."seq" > coalesce(b."seq", 0)) r on true
    ) n where m."id" = n."id"`);
  await tx.execute(seatsAtHead(ids));
  await tx.execute(sql`update conversations c set "isCounted" = true, "messageCount" = coalesce((
      select m."number" from chats m where m."conversationId" = c."id" order by m."seq" desc limit 1
    ), 0) where c."id" = any(${ids})`);
}

/** For everybody who has none: who has sent something since has read up to that. */
function seatsAtHead(ids: SQL): SQL {
  return sql`insert into seats ("userId", "conversationId", "readSeq", "seenSeq")
    select p."userId", c."id", c."lastSeq", c."lastSeq" from conversations c
    join lateral (
      select m."userId" from channel_members m where m."channelId" = c."channelId"
      union select u from unnest(array[c."userLow", c."userHigh"]) u where u is not null
    ) p on true
    where c."id" = any(${ids}) order by 1, 2 on conflict do nothing`;
}

/** What the server knows of tables that fill up would mislead it to read them whole for each batch. */
async function lookUpByKey(tx: Database): Promise<void> {
  await tx.execute(sql`select set_config('enable_' || way, 'off', true)
    from unnest(array['seqscan', 'hashjoin', 'mergejoin']) way`);
}
