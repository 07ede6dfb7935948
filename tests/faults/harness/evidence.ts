// What the checker gets at the end: everybody's records and the content of the database.
import type { Sql } from 'postgres';
import { until } from '../../support/until.ts';
import { type Breach, check, type StoredRow } from '../checker.ts';
import type { Client } from './client.ts';

const logOf = `case when c."channelId" is not null then 'c' || c."channelId"
  else 'd' || c."userLow" || '.' || c."userHigh" end`;

export async function readHeads(sql: Sql): Promise<Map<string, number>> {
  const found = await sql<{ log: string; head: number }[]>`
    select ${sql.unsafe(logOf)} as log, c."lastSeq" as head from conversations c`;
  return new Map(found.map(({ log, head }) => [log, head]));
}

export function readStored(sql: Sql, logs: readonly string[]): Promise<StoredRow[]> {
  return sql<StoredRow[]>`
    select * from (
      select ${sql.unsafe(logOf)} as log, m.id as "messageId", m."senderId", m."clientId", m.seq, m."updatedSeq",
        case when m."deletedAt" is null then m.text end as text
      from chats m join conversations c on c.id = m."conversationId"
    ) all_rows where log = any(${logs}) order by log, seq`;
}

/**
 * Waits until every client has seen everything that exists now. Returns how far the logs had come. Rejects if nobody
 * has seen anything new for `patienceMs`, because a busy machine is slow, but not stuck.
 */
export async function caughtUp(
  sql: Sql,
  clients: readonly Client[],
  patienceMs = 30_000,
): Promise<Map<string, number>> {
  const heads = await readHeads(sql);
  const behind = () => {
    return clients.flatMap((client) =>
      client.readings
        .filter(({ log }) => !client.reached(log, heads.get(log) ?? 0))
        .map(({ reader, log }) => `${reader} in ${log}`),
    );
  };
  for (let left = behind(); left.length > 0; left = behind()) {
    const seen = eventsOf(clients);
    const moves = () => behind().length < left.length || eventsOf(clients) > seen;
    await until('somebody sees more', moves, patienceMs).catch((error: unknown) => {
      throw new Error(`Behind: ${behind().join(', ')}`, { cause: error });
    });
  }
  return heads;
}

/** How many events these clients saw, over all their connections. */
export function eventsOf(clients: readonly Client[]): number {
  let events = 0;
  for (const { readings } of clients) {
    for (const { sittings } of readings) for (const sitting of sittings) events += sitting.events.length;
  }
  return events;
}

/** Waits at most `limitMs` until every client has seen everything that exists now. Returns how long that took. */
export async function caughtUpWithin(sql: Sql, clients: readonly Client[], limitMs: number): Promise<number> {
  const began = performance.now();
  const heads = await readHeads(sql);
  const arrived = ({ readings, reached }: Client) => readings.every(({ log }) => reached(log, heads.get(log) ?? 0));
  await until('all readers caught up', () => clients.every(arrived), limitMs);
  return Math.round(performance.now() - began);
}

/** Waits until everybody has seen everything, and returns the broken promises. */
export async function judge(sql: Sql, clients: readonly Client[], patienceMs?: number): Promise<Breach[]> {
  const logs = logsOf(clients);
  for (;;) {
    const heads = await caughtUp(sql, clients, patienceMs);
    // A frame that should not come, but would, comes before the answer to this.
    await Promise.all(clients.map(async (client) => (await client.connection()).call('ping', {})));
    const stored = await readStored(sql, logs);
    const now = await readHeads(sql);
    // An edit that its sender had given up, on a frozen node, may still have been made meanwhile.
    if (logs.some((log) => now.get(log) !== heads.get(log))) continue;
    return check({
      acked: clients.flatMap((client) => client.acked),
      readings: clients.flatMap((client) => client.readings),
      stored,
      heads: new Map(logs.map((log) => [log, heads.get(log) ?? 0])),
    });
  }
}

function logsOf(clients: readonly Client[]): string[] {
  const logs = clients.flatMap(({ readings, acked }) => [...readings, ...acked].map(({ log }) => log));
  return [...new Set(logs)];
}
