// Numbers messages that have no number: in the order of their ids, from the counter of their log, one batch a
// transaction. A batch is stored together with its counters or not at all, so the rows themselves show what is done.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows, value } from '../database/database.ts';
import { BEGINNING } from '../database/folded-names.ts';
import { pause, requireRunnerLock } from '../database/runner-lock.ts';
import { retryLocks, type Step } from '../database/short-lock.ts';

/**
 * Those who edit or delete a message of the present batch wait about this long. Smaller batches cost more per message.
 */
const BATCH_MS = 400;
const FIRST_BATCH = 1000;
const SMALLEST_BATCH = 500;
const LARGEST_BATCH = 20_000;
/** At most this many may be left for the transaction that holds writers up. */
const SMALL_REST = 500;
const SETTLE_MS = 50;

const CHANNELS_AT_ONCE = 5000;

const WITHOUT_NUMBER = sql`m.seq is null and (m."channelId" is not null or m."receiverId" is not null)`;

export async function countUnnumbered(db: Database): Promise<number> {
  return (await value<number>(db, sql`select count(*) from chats m where ${WITHOUT_NUMBER}`)) ?? 0;
}

/** Creates a log for every channel. */
export async function logsOfChannels({ db, report, step }: Step): Promise<void> {
  let last = BEGINNING;
  for (let done = 0; ; done += CHANNELS_AT_ONCE) {
    const next = await edge(db, sql`select c.id from channels c where c.id > ${last}::int`, CHANNELS_AT_ONCE);
    if (next === undefined) return;
    const some = sql`c.id > ${last}::int and c.id <= ${next}::int`;
    await retryLocks({ db, report, step }, () =>
      db.execute(sql`insert into conversations ("channelId") select c.id from channels c
        where ${some} and not exists (select from conversations l where l."channelId" = c.id) order by c.id
        on conflict do nothing`),
    );
    report({ step, done, unit: 'channels' });
    last = next;
  }
}

/**
 * Numbers existing messages, and those written meanwhile, until few are left. Returns the id up to which every message
 * has its number for good: no open transaction can still add one below it.
 */
export async function numberMostMessages(step: Step, total: number): Promise<number> {
  let from = BEGINNING;
  let done = 0;
  const tell = (more: number) => {
    done += more;
    step.report({ step: step.step, done, total: Math.max(done, total), unit: 'messages' });
  };
  for (;;) {
    const to = await settledId(step);
    const before = done;
    await numberRange(step, from, to, tell);
    from = to;
    if (done - before <= SMALL_REST) return from;
  }
}

/** Numbers whatever else has no number, such as rows written while the triggers were off. */
export function numberStragglers(step: Step): Promise<void> {
  return numberRange(step, BEGINNING, 2_147_483_647, () => {});
}

async function numberRange(step: Step, from: number, to: number, tell: (more: number) => void): Promise<void> {
  let last = from;
  let size = FIRST_BATCH;
  for (;;) {
    const some = sql`select m.id from chats m where m.id > ${last}::int and m.id <= ${to}::int and ${WITHOUT_NUMBER}`;
    const next = await edge(step.db, some, size);
    if (next === undefined) return;
    const first = last;
    const startedAt = performance.now();
    const count = await retryLocks(step, () => step.db.transaction((tx) => numberBatch(tx, first, next)));
    const aim = (size * BATCH_MS) / (performance.now() - startedAt);
    size = Math.round(Math.min(LARGEST_BATCH, size * 2, Math.max(SMALLEST_BATCH, size / 2, aim)));
    last = next;
    tell(count);
  }
}

/** Numbers the messages with ids above `from`, up to `to`, and returns how many. Runs in the caller's transaction. */
export async function numberBatch(tx: Database, from: number, to: number): Promise<number> {
  await requireRunnerLock(tx);
  // The tables are only filling now, so the server's statistics would mislead it to read them whole for each batch.
  await tx.execute(sql`select set_config('enable_' || way, 'off', true)
    from unnest(array['seqscan', 'hashjoin', 'mergejoin']) way`);
  const some = sql`m.id > ${from}::int and m.id <= ${to}::int and m.seq is null`;
  await tx.execute(sql`insert into conversations ("channelId")
    select distinct m."channelId" from chats m
    where ${some} and m."channelId" is not null
      and not exists (select from conversations l where l."channelId" = m."channelId")
    order by 1 on conflict do nothing`);
  await tx.execute(sql`insert into conversations ("userLow", "userHigh")
    select distinct least(m."senderId", m."receiverId"), greatest(m."senderId", m."receiverId") from chats m
    where ${some} and m."channelId" is null and m."receiverId" is not null
      and not exists (select from conversations l where l."userLow" = least(m."senderId", m."receiverId")
        and l."userHigh" = greatest(m."senderId", m."receiverId"))
    order by 1, 2 on conflict do nothing`);
  // In the order of ids, as the functions of the log do. Then the counters stay the same for the next statement.
  await tx.execute(sql`select from conversations where id in (select log.id ${logsOf(some)})
    order by id for no key update`);
  return (await value<number>(tx, takeNumbers(some))) ?? 0;
}

/** The messages `m` with the `log` that each belongs to. */
function logsOf(some: SQL): SQL {
  return sql`from chats m
    left join conversations of_channel on of_channel."channelId" = m."channelId"
    left join conversations of_pair on m."channelId" is null
      and of_pair."userLow" = least(m."senderId", m."receiverId")
      and of_pair."userHigh" = greatest(m."senderId", m."receiverId")
    join conversations log on log.id = coalesce(of_channel.id, of_pair.id)
    where ${some}`;
}

function takeNumbers(some: SQL): SQL {
  return sql`with batch as materialized (
      select m.id, log.id as log, greatest(m."createdAt", m."updatedAt", m."deletedAt") as at,
        log."lastSeq" + row_number() over (partition by log.id order by m.id) as number
      ${logsOf(some)}
    ),
    counters as (
      update conversations c set "lastSeq" = b.last, "lastEventAt" = greatest(c."lastEventAt", b.at)
      from (select log, max(number) as last, max(at) as at from batch group by log) b where c.id = b.log
    ),
    stored as (
      update chats m set "conversationId" = b.log, seq = b.number, "updatedSeq" = b.number
      from batch b where m.id = b.id
      returning 1
    )
    select count(*) from stored`;
}

/** The largest of the first `size` ids that `some` selects. Undefined if it selects none. */
async function edge(db: Database, some: SQL, size: number): Promise<number | undefined> {
  const picked = sql`select max(id) from (${some} order by id limit ${size}::int) as picked`;
  return (await value<number | null>(db, picked)) ?? undefined;
}

/**
 * The last id, once every transaction has ended that may have been given a smaller one. An insert takes the lock on the
 * table before the id, so it is enough to wait for those who hold the lock now. This holds nobody up.
 */
async function settledId({ db, report, step }: Step): Promise<number> {
  const id = await value<number | null>(db, sql`select max(id) from chats`);
  let writers = await writersOf(db);
  while (writers.length > 0) {
    await pause(SETTLE_MS);
    const still = new Set((await writersOf(db)).map(({ transaction }) => transaction));
    writers = writers.filter(({ transaction }) => still.has(transaction));
    const process = writers[0]?.pid;
    if (process)
      report({ step, waiting: `an open transaction that writes messages (process ${process} in the server)` });
  }
  return id ?? BEGINNING;
}

function writersOf(db: Database): Promise<{ transaction: string; pid: number | null }[]> {
  return rows(
    db,
    sql`select virtualtransaction as "transaction", pid from pg_locks
      where locktype = 'relation' and relation = 'chats'::regclass and granted and pid is distinct from pg_backend_pid()
        and database = (select oid from pg_database where datname = current_database())
        and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`,
  );
}
