// Users and conversations, written straight into the database: the initial state of a run.
import { createHmac, randomBytes } from 'node:crypto';
import type { Sql } from 'postgres';

/** 40 bytes, with which the nodes of a run sign tokens. */
export const SECRET = randomBytes(32).toString('base64url');

export interface User {
  readonly id: number;
  readonly username: string;
  readonly token: string;
}

/** A conversation to join and send to. `name` is its name in the checker. */
export type Talk =
  | { readonly name: string; readonly channelId: number }
  | { readonly name: string; readonly between: readonly [number, number] };

let made = 0;

export async function makeUsers(sql: Sql, count: number): Promise<User[]> {
  made += 1;
  const names = Array.from({ length: count }, (_, index) => `user-${made}-${index}`);
  const found = await sql<{ id: number; username: string; email: string }[]>`
    insert into users (username, email, password) select name, name || '@example.com', 'none'
    from unnest(${names}::text[]) as name returning id, username, email`;
  return found.map((user) => ({ id: user.id, username: user.username, token: tokenFor(user) }));
}

/** Creates a group of these users. The first one is its owner. */
export async function makeChannel(sql: Sql, users: readonly User[]): Promise<Talk & { channelId: number }> {
  const owner = users[0] as User;
  const [channel] = await sql<{ id: number }[]>`
    insert into channels (name, "ownerId") values ('group', ${owner.id}) returning id`;
  const channelId = channel?.id as number;
  await addMembers(sql, channelId, users);
  return { name: `c${channelId}`, channelId };
}

export async function addMembers(sql: Sql, channelId: number, users: readonly User[]): Promise<void> {
  await sql`insert into channel_members ("userId", "channelId")
    select id, ${channelId} from unnest(${users.map(({ id }) => id)}::int[]) as id`;
}

export function channelOf(talk: Talk): number {
  if (!('channelId' in talk)) throw new Error('A direct conversation has no channel');
  return talk.channelId;
}

export function directTalk(one: User, other: User): Talk {
  const between = [one.id, other.id].sort((a, b) => a - b) as [number, number];
  return { name: `d${between.join('.')}`, between };
}

function tokenFor({ id, username, email }: { id: number; username: string; email: string }): string {
  const now = Math.floor(Date.now() / 1000);
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  // Issued in the past, for nodes whose clocks are behind.
  const claims = { userId: id, username, email, iat: now - 3_600, exp: now + 24 * 3_600 };
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}
