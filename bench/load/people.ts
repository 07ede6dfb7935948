// Accounts and channels for a load, straight into the database: hashing thousands of passwords would take minutes.
import { createHmac } from 'node:crypto';
import postgres from 'postgres';

export const SECRET = 'a secret of the benches, of more than 32 bytes';

export interface Person {
  readonly id: number;
  readonly token: string;
}

export interface Channel {
  readonly id: number;
  readonly members: readonly Person[];
}

/** Makes `channels` channels of `members` members each, all different people. The schema must be there. */
export async function createPeople(url: string, { channels, members }: { channels: number; members: number }) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const run = Date.now().toString(36);
    const users = await sql<{ id: number; username: string }[]>`
      insert into users (username, email, password)
      select ${run} || '-' || g, ${run} || '-' || g || '@example.com', 'no hash'
      from generate_series(1, ${channels * members}::int) g returning id, username`;
    const made = await sql<{ id: number }[]>`
      insert into channels (name, "ownerId", type) select 'bench ' || g, ${users[0]?.id ?? 0}, 'group'
      from generate_series(1, ${channels}::int) g returning id`;
    await sql`
      insert into channel_members ("userId", "channelId")
      select u, c from unnest(${users.map(({ id }) => id)}::int[],
        ${users.map((_, index) => made[index % channels]?.id ?? 0)}::int[]) as m(u, c)`;
    await sql`vacuum analyze`;
    return made.map(({ id }, index): Channel => {
      const own = users.filter((_, at) => at % channels === index);
      return { id, members: own.map((user) => ({ id: user.id, token: tokenOf(user) })) };
    });
  } finally {
    await sql.end();
  }
}

function tokenOf({ id, username }: { id: number; username: string }): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const claims = {
    userId: id,
    username,
    email: `${username}@example.com`,
    exp: Math.floor(Date.now() / 1000) + 86_400,
  };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
