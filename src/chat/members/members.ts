// The members of a channel. Every change holds the lock of the channel's log, so that no message overtakes a removal.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { EndReason } from '../../protocol/conversations.ts';
import { ChatError } from '../../protocol/errors.ts';
import type { Principal } from '../accounts/principal.ts';
import type { Announce } from '../announce.ts';
import type { ChannelErasure } from '../channels/erasure.ts';
import { isGroup, isOwner } from '../policy.ts';
import { type ChannelRow, toChannel } from '../rows.ts';
import type { AccountsMoved } from '../signal-publisher.ts';
import { readMemberChannel, withLockedChannel } from './membership.ts';

/**
 * Each throws, in this order: CHANNEL_NOT_FOUND (no such channel, or the principal is not a member), DIRECT_CHANNEL,
 * FORBIDDEN (not the owner), and what its own comment names.
 */
export interface Members {
  /** Throws USER_NOT_FOUND, ALREADY_MEMBER. */
  add(principal: Principal, channelId: number, userId: number): Promise<void>;
  /** Throws CANNOT_REMOVE_OWNER, USER_NOT_FOUND (not a member). */
  remove(principal: Principal, channelId: number, userId: number): Promise<void>;
  /** Every member may. The longest-standing member follows an owner; after the last member the channel is deleted. */
  leave(principal: Principal, channelId: number): Promise<void>;
}

export interface MembersDependencies {
  readonly db: Database;
  readonly announce: Announce;
  readonly erasure: ChannelErasure;
  readonly accountsMoved: AccountsMoved;
}

export function createMembers({ db, announce, erasure, accountsMoved }: MembersDependencies): Members {
  return {
    async add(principal, channelId, userId) {
      const channel = await withLockedChannel(db, channelId, async (transaction) => {
        const group = await readGroup(transaction, channelId, principal);
        if (!isOwner(principal, group)) throw new ChatError('FORBIDDEN');
        await insertMember(transaction, channelId, userId);
        return group;
      });
      accountsMoved([userId]);
      await announce({ type: 'channel.added', userIds: [userId], channel: toChannel(channel) });
    },

    async remove(principal, channelId, userId) {
      const username = await withLockedChannel(db, channelId, async (transaction) => {
        const group = await readGroup(transaction, channelId, principal);
        if (!isOwner(principal, group)) throw new ChatError('FORBIDDEN');
        if (userId === group.ownerId) throw new ChatError('CANNOT_REMOVE_OWNER');
        return deleteMember(transaction, channelId, userId);
      });
      accountsMoved([userId]);
      await announce({ type: 'member.removed', channelId, userId, username });
    },

    async leave(principal, channelId) {
      const { isDeleted, heir } = await withLockedChannel(db, channelId, async (transaction) => {
        await readGroup(transaction, channelId, principal);
        // First, because it takes the locks of both owners' account logs in their order.
        const outcome = await handOver(transaction, channelId, principal.id);
        await deleteMember(transaction, channelId, principal.id);
        await endSeat(transaction, channelId, principal.id, 'left');
        if (outcome.isDeleted) await erasure.schedule(transaction, channelId);
        return outcome;
      });
      if (isDeleted) erasure.run();
      accountsMoved([principal.id, ...heir]);
      await announce({ type: 'member.removed', channelId, userId: principal.id, username: principal.username });
      if (isDeleted) await announce({ type: 'channel.deleted', channelId });
    },
  };
}

async function readGroup(db: Database, channelId: number, principal: Principal): Promise<ChannelRow> {
  const channel = await readMemberChannel(db, channelId, principal.id);
  if (!isGroup(channel)) throw new ChatError('DIRECT_CHANNEL');
  return channel;
}

async function insertMember(db: Database, channelId: number, userId: number): Promise<void> {
  const [outcome] = await rows<{ exists: boolean; added: boolean }>(
    db,
    sql`with target as (
        select "id" from users where "id" = ${userId}::int and "deletedAt" is null
      ), added as (
        insert into channel_members ("userId", "channelId") select "id", ${channelId}::int from target
        on conflict do nothing returning "id"
      )
      select exists (select 1 from target) as "exists", exists (select 1 from added) as "added"`,
  );
  if (!outcome?.exists) throw new ChatError('USER_NOT_FOUND');
  if (!outcome.added) throw new ChatError('ALREADY_MEMBER');
}

/** Returns the name of the removed user. */
async function deleteMember(db: Database, channelId: number, userId: number): Promise<string> {
  const [gone] = await rows<{ username: string }>(
    db,
    sql`delete from channel_members m using users u
      where m."channelId" = ${channelId}::int and m."userId" = ${userId}::int and u."id" = m."userId"
      returning u."username"`,
  );
  if (!gone) throw new ChatError('USER_NOT_FOUND');
  return gone.username;
}

/** Says why the part of a user ended whose membership this transaction has ended. */
async function endSeat(db: Database, channelId: number, userId: number, reason: EndReason): Promise<void> {
  await rows(
    db,
    sql`update seats s set "endedBy" = ${reason}::text,
        "endedAt" = coalesce(s."endedAt", date_trunc('milliseconds', now() at time zone 'utc'))
      from conversations c
      where c."channelId" = ${channelId}::int and s."conversationId" = c."id" and s."userId" = ${userId}::int`,
  );
}

/** Finds a new owner if `leaver` is the owner. Deletes a channel without other members. `heir` is the new owner, or empty. */
async function handOver(
  db: Database,
  channelId: number,
  leaver: number,
): Promise<{ isDeleted: boolean; heir: number[] }> {
  const [changed] = await rows<{ isDeleted: boolean; ownerId: number }>(
    db,
    sql`with heir as materialized (
        select (
          select m."userId" from channel_members m join users u on u."id" = m."userId" and u."deletedAt" is null
          where m."channelId" = ${channelId}::int and m."userId" <> ${leaver}::int
          order by m."joinedAt", m."id" limit 1
        ) as "id"
      )
      update channels c set
        "ownerId" = coalesce(heir."id", c."ownerId"),
        "deletedAt" = case when heir."id" is null then now() at time zone 'utc' end,
        "updatedAt" = now() at time zone 'utc'
      from heir
      where c."id" = ${channelId}::int and (heir."id" is null or c."ownerId" = ${leaver}::int)
      returning c."deletedAt" is not null as "isDeleted", c."ownerId"`,
  );
  const isDeleted = changed?.isDeleted ?? false;
  return { isDeleted, heir: changed && !isDeleted ? [changed.ownerId] : [] };
}
