// Accounts and channels for a load, straight into the database, because hashing thousands of passwords takes minutes.
import { createHmac, randomBytes } from 'node:crypto';
import postgres from 'postgres';

export const SECRET = randomBytes(32).toString('base64url');

export interface Person {
  readonly id: number;
  readonly token: string;
}

export interface Channel {
  readonly id: number;
  readonly members: readonly Person[];
}

/** A person and the channels that they are a member of. */
export interface Reader extends Person {
  readonly channelIds: readonly number[];
}

/** Creates `channels` channels of `members` members each, all different people. The schema must exist. */
export async function createPeople(url: string, { channels, members }: { channels: number; members: number }) {
  const made = await createRows(url, { channels, people: channels * members });
  return made.channelIds.map((id, index): Channel => {
    const own = Array.from({ length: members }, (_, round) => made.people[index + round * channels] as Person);
    return { id, members: own };
  });
}

/** Creates `people` people, each the only member of `channelsEach` channels. The schema must exist. */
export async function createReaders(url: string, { people, channelsEach }: { people: number; channelsEach: number }) {
  const made = await createRows(url, { channels: people * channelsEach, people });
  return made.people.map((person, index): Reader => {
    const channelIds = Array.from({ length: channelsEach }, (_, round) => made.channelIds[index + round * people] ?? 0);
    return { ...person, channelIds };
  });
}

/** Pairs people and channels one by one as members. Whichever are fewer are used again from the start. */
async function createRows(url: string, { channels, people }: { channels: number; people: number }) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const run = Date.now().toString(36);
    const users = await sql<{ id: number; username: string }[]>`
      insert into users (username, email, password)
      select ${run} || '-' || g, ${run} || '-' || g || '@example.com', 'no hash'
      from generate_series(1, ${people}::int) g returning id, username`;
    const made = await sql<{ id: number }[]>`
      insert into channels (name, "ownerId", type) select 'bench ' || g, ${users[0]?.id ?? 0}, 'group'
      from generate_series(1, ${channels}::int) g returning id`;
    const memberships = Array.from({ length: Math.max(channels, people) }, (_, index) => ({
      user: users[index % people]?.id ?? 0,
      channel: made[index % channels]?.id ?? 0,
    }));
    await sql`
      insert into channel_members ("userId", "channelId")
      select u, c from unnest(${memberships.map(({ user }) => user)}::int[],
        ${memberships.map(({ channel }) => channel)}::int[]) as m(u, c)`;
    // Not the tables of messages: a new database has no statistics that say they are empty either.
    await sql`vacuum analyze users, channels, channel_members`;
    return {
      people: users.map((user): Person => ({ id: user.id, token: tokenOf(user) })),
      channelIds: made.map(({ id }) => id),
    };
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
