// A long history for a channel: writes numbered rows straight into the table, because sending a million messages takes
// hours.
import postgres from 'postgres';
import type { Channel } from './people.ts';

export interface Past {
  readonly channel: Channel;
  /** The id of the message in the middle. */
  readonly middle: number;
}

/** Fills each of the channels, which have no message yet, with `rows` messages. */
export async function createPasts(url: string, channels: readonly Channel[], rows: number): Promise<Past[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    // Without the checks of foreign keys, which are known to be right.
    await sql`set session_replication_role = replica`;
    const pasts: Past[] = [];
    for (const channel of channels) pasts.push({ channel, middle: await fill(sql, channel, rows) });
    await sql`vacuum analyze chats`;
    // Writes everything to disk now, and not while something is measured.
    await sql`checkpoint`;
    return pasts;
  } finally {
    await sql.end();
  }
}

/** Returns the id of the message in the middle. */
async function fill(sql: postgres.Sql, channel: Channel, rows: number): Promise<number> {
  const [log] = await sql<{ id: number }[]>`
    insert into conversations ("channelId", "lastSeq", "lastEventAt")
    values (${channel.id}, ${rows}, now() at time zone 'utc') returning id`;
  await sql`
    insert into chats ("senderId", "channelId", "conversationId", seq, "updatedSeq", text)
    select ${channel.members[0]?.id ?? 0}, ${channel.id}, ${log?.id ?? 0}, g, g, repeat('x', 100)
    from generate_series(1, ${rows}::int) g`;
  const [row] = await sql<{ id: number }[]>`
    select id from chats where "conversationId" = ${log?.id ?? 0} and seq = ${Math.ceil(rows / 2)}`;
  return row?.id ?? 0;
}
