// Channels: listing, creating, changing and deleting them.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import { type Channel, type ChannelDetail, type ChannelFields, fieldsOf } from '../../protocol/channels.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { Principal } from '../accounts/principal.ts';
import type { Announce } from '../announce.ts';
import type { EmailView } from '../email-view.ts';
import { readDisplayedChannel, readMemberChannel, withLockedChannel } from '../members/membership.ts';
import { isOwner } from '../policy.ts';
import { type ChannelRow, channelColumns, toChannel, type UserRow, userColumns, writtenFields } from '../rows.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import { type CreateChannel, createChannelCreation } from './creation.ts';
import type { ChannelErasure } from './erasure.ts';
import { createListChannels, type ListChannels } from './list.ts';

/** Every call about one channel throws CHANNEL_NOT_FOUND if it is gone or the principal is not a member. */
export interface Channels {
  list: ListChannels;
  create: CreateChannel;
  /** With its members, the longest-standing first. */
  get(principal: Principal, id: number): Promise<ChannelDetail>;
  /** Any member may. `changes` has at least one field. Throws DIRECT_CHANNEL. */
  update(principal: Principal, id: number, changes: Partial<ChannelFields>): Promise<Channel>;
  /** Throws FORBIDDEN if the principal is not the owner. */
  remove(principal: Principal, id: number): Promise<void>;
  /** Passes for members, and for admins in every channel. */
  assertVisible(principal: Principal, id: number): Promise<void>;
}

export interface ChannelsDependencies {
  readonly db: Database;
  readonly announce: Announce;
  readonly emails: EmailView;
  readonly erasure: ChannelErasure;
  readonly accountsMoved: AccountsMoved;
}

export function createChannels({ db, announce, emails, erasure, accountsMoved }: ChannelsDependencies): Channels {
  return {
    list: createListChannels({ db, emails }),
    create: createChannelCreation({ db, announce, emails, accountsMoved }),

    async get(principal, id) {
      const channel = await readDisplayedChannel(db, id, principal.id, emails);
      const members = await readMembers(db, id);
      return {
        ...toChannel(channel),
        members: members.map((row) => ({
          ...emails.toVisibleUser(row, principal.id),
          joinedAt: isoTime(row.joinedAt),
        })),
      };
    },

    async update(principal, id, changes) {
      const channel = await updateGroup(db, id, principal.id, changes);
      if (!channel) {
        await readMemberChannel(db, id, principal.id);
        throw new ChatError('DIRECT_CHANNEL');
      }
      await announce({ type: 'channel.updated', channelId: id, ...fieldsOf(channel) });
      return toChannel(channel);
    },

    async remove(principal, id) {
      await withLockedChannel(db, id, async (transaction) => {
        const channel = await readMemberChannel(transaction, id, principal.id);
        if (!isOwner(principal, channel)) throw new ChatError('FORBIDDEN');
        await rows(
          transaction,
          sql`update channels set "deletedAt" = now() at time zone 'utc' where "id" = ${id}::int`,
        );
        await erasure.schedule(transaction, id);
      });
      erasure.run();
      accountsMoved(await readMemberIds(db, id));
      await announce({ type: 'channel.deleted', channelId: id });
    },

    async assertVisible(principal, id) {
      const seen = await rows(
        db,
        sql`select 1 as "seen" from channels c where c."id" = ${id}::int and c."deletedAt" is null and (
          ${principal.isAdmin}::boolean or exists (
            select 1 from channel_members m where m."channelId" = c."id" and m."userId" = ${principal.id}::int))`,
      );
      if (seen.length === 0) throw new ChatError('CHANNEL_NOT_FOUND');
    },
  };
}

/** Who is told at once of a deletion. In a larger channel, the others get it some seconds later. */
const TOLD_AT_ONCE = 1_000;

async function readMemberIds(db: Database, channelId: number): Promise<number[]> {
  const found = await rows<{ userId: number }>(
    db,
    sql`select "userId" from channel_members where "channelId" = ${channelId}::int limit ${TOLD_AT_ONCE}::int`,
  );
  return found.map(({ userId }) => userId);
}

function readMembers(db: Database, channelId: number): Promise<(UserRow & { joinedAt: string })[]> {
  return rows<UserRow & { joinedAt: string }>(
    db,
    sql`select ${userColumns}, m."joinedAt" from channel_members m
      join users u on u."id" = m."userId" and u."deletedAt" is null
      where m."channelId" = ${channelId}::int order by m."joinedAt", m."id"`,
  );
}

/** Returns undefined if there is no such group, or the user is not a member of it. */
async function updateGroup(
  db: Database,
  id: number,
  userId: number,
  changes: Partial<ChannelFields>,
): Promise<ChannelRow | undefined> {
  const { assignments, source } = writtenFields(changes);
  const [channel] = await rows<ChannelRow>(
    db,
    sql`update channels c set ${assignments}, "updatedAt" = now() at time zone 'utc'
      from channel_members m, ${source}
      where c."id" = ${id}::int and c."type" = 'group' and c."deletedAt" is null
        and m."channelId" = c."id" and m."userId" = ${userId}::int
      returning ${channelColumns}`,
  );
  return channel;
}
