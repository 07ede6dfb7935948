// What a member sees of a channel, and the lock under which members and channels change.
import { type SQL, sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { EmailView } from '../email-view.ts';
import { isGroup } from '../policy.ts';
import { type ChannelRow, channelColumns } from '../rows.ts';

/**
 * Selects the user of a direct channel who is not `userId`, even if that account is gone. It finds the member first and
 * then the user by key, because a join would be planned for the many members of a group. It orders by a sum, so that
 * the planner does not walk the whole table by its primary key in hope of an early hit.
 */
export const otherUser = (userId: number | SQL, { directName }: EmailView) => sql`
  select ${directName} as "name", u."avatar" from users u where u."id" = (
    select n."userId" from channel_members n
    where c."type" = 'direct' and n."channelId" = c."id" and n."userId" <> ${userId}::int order by n."id" + 0 limit 1)`;

/** The channel; a direct one has no name here. Throws CHANNEL_NOT_FOUND if it is gone or the user is not a member. */
export async function readMemberChannel(db: Database, channelId: number, userId: number): Promise<ChannelRow> {
  const [channel] = await rows<ChannelRow>(
    db,
    sql`select ${channelColumns} from channel_members me join channels c on c."id" = me."channelId"
      where me."channelId" = ${channelId}::int and me."userId" = ${userId}::int and c."deletedAt" is null`,
  );
  if (!channel) throw new ChatError('CHANNEL_NOT_FOUND');
  return channel;
}

/** The same as this member sees it: a direct one has the name of the other user. */
export async function readDisplayedChannel(
  db: Database,
  channelId: number,
  userId: number,
  emails: EmailView,
): Promise<ChannelRow> {
  const [channel] = await rows<ChannelRow & { otherName: string | null }>(
    db,
    sql`select ${channelColumns}, o."name" as "otherName"
      from channel_members me join channels c on c."id" = me."channelId"
      left join lateral (${otherUser(userId, emails)}) o on true
      where me."channelId" = ${channelId}::int and me."userId" = ${userId}::int and c."deletedAt" is null`,
  );
  if (!channel) throw new ChatError('CHANNEL_NOT_FOUND');
  return { ...channel, name: displayName(channel, emails) };
}

/** The name of a channel as its member sees it. `otherName` is the other user's, if it is a direct channel. */
export function displayName(channel: ChannelRow & { otherName: string | null }, emails: EmailView): string {
  if (isGroup(channel)) return channel.name;
  return channel.otherName ?? emails.storedDirectName(channel.name);
}

/**
 * Runs `change` in a transaction that holds the lock of the channel's log. Every message takes that lock as well, so
 * what `change` reads stays true until the commit. Throws what `change` throws.
 */
export function withLockedChannel<T>(
  db: Database,
  channelId: number,
  change: (transaction: Database) => Promise<T>,
): Promise<T> {
  return db.transaction(async (transaction) => {
    if (!(await lock(transaction, channelId))) {
      await rows(
        transaction,
        sql`insert into conversations ("channelId") select "id" from channels where "id" = ${channelId}::int
          on conflict do nothing`,
      );
      if (!(await lock(transaction, channelId))) throw new ChatError('CHANNEL_NOT_FOUND');
    }
    return change(transaction);
  });
}

async function lock(db: Database, channelId: number): Promise<boolean> {
  const locked = await rows(
    db,
    sql`select 1 as "locked" from conversations where "channelId" = ${channelId}::int for no key update`,
  );
  return locked.length > 0;
}
