// Creates channels: with all members or not at all, and one direct channel per pair even if requests race.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { Deadline } from '../../lib/deadline.ts';
import {
  type Channel,
  type ChannelFields,
  type ChannelType,
  type CreateChannelBody,
  EMPTY_FIELDS,
} from '../../protocol/channels.ts';
import { ChatError, invalid } from '../../protocol/errors.ts';
import type { Principal } from '../accounts/principal.ts';
import type { Announce } from '../announce.ts';
import type { EmailView } from '../email-view.ts';
import { assertInTime, NEVER } from '../in-time.ts';
import { type ChannelRow, channelColumns, toChannel, writtenFields } from '../rows.ts';
import type { AccountsMoved } from '../signal-publisher.ts';

/** `created` is false if the pair had this direct channel already. */
export interface CreatedChannel {
  readonly channel: Channel;
  readonly created: boolean;
}

/** Throws UNAVAILABLE, and creates nothing, if the deadline passes before it writes. */
export type CreateChannel = (
  principal: Principal,
  body: CreateChannelBody,
  deadline?: Deadline,
) => Promise<CreatedChannel>;

export interface CreationDependencies {
  readonly db: Database;
  readonly announce: Announce;
  readonly emails: EmailView;
  readonly accountsMoved: AccountsMoved;
}

/** Throws USER_NOT_FOUND, and VALIDATION_FAILED for a direct channel without exactly one other user. */
export function createChannelCreation({ db, announce, emails, accountsMoved }: CreationDependencies): CreateChannel {
  async function createGroup(principal: Principal, fields: ChannelFields, others: number[]): Promise<CreatedChannel> {
    const channel = toChannel(await insertChannel(db, { type: 'group', fields, ownerId: principal.id, others }));
    accountsMoved([principal.id, ...others]);
    await announce({ type: 'channel.added', userIds: [principal.id, ...others], channel });
    return { channel, created: true };
  }

  async function openDirect(principal: Principal, other: number, deadline: Deadline): Promise<CreatedChannel> {
    const existing = await findDirect(db, emails, principal.id, other);
    if (existing) return { channel: toChannel(existing), created: false };
    assertInTime(deadline);
    const { row, created } = await insertDirect(db, emails, principal.id, other);
    const channel = toChannel(row);
    if (created) {
      accountsMoved([principal.id, other]);
      // Each of the two sees it with the name of the other.
      await Promise.all([
        announce({ type: 'channel.added', userIds: [principal.id], channel }),
        announce({
          type: 'channel.added',
          userIds: [other],
          channel: { ...channel, name: emails.directNameOf(principal) },
        }),
      ]);
    }
    return { channel, created };
  }

  return async (principal, { type, userIds, ...fields }, deadline = NEVER) => {
    const others = [...new Set(userIds)].filter((id) => id !== principal.id);
    if (type === 'group') return createGroup(principal, fields, others);
    const [other] = others;
    if (other === undefined || others.length > 1) throw invalid('userIds', 'must name exactly one other user');
    return openDirect(principal, other, deadline);
  };
}

interface NewChannel {
  readonly type: ChannelType;
  readonly fields: ChannelFields;
  readonly ownerId: number;
  readonly others: readonly number[];
}

/** Inserts the channel, its members in the given order, and its log, in one statement. Throws USER_NOT_FOUND. */
async function insertChannel(db: Database, { type, fields, ownerId, others }: NewChannel): Promise<ChannelRow> {
  const { columns, values, source } = writtenFields(fields);
  const ids = sql`${sql.param(others)}::int[]`;
  const [channel] = await rows<ChannelRow>(
    db,
    sql`with others as (
        select u."id", w.position from unnest(${ids}) with ordinality as w(id, position)
        join users u on u."id" = w.id and u."deletedAt" is null
      ), c as (
        insert into channels (${columns}, "ownerId", "type")
        select ${values}, ${ownerId}::int, ${type}::channels_type_enum from ${source}
        where (select count(*) from others) = cardinality(${ids})
        returning *
      ), members as (
        insert into channel_members ("userId", "channelId")
        select m."id", c."id" from c, (select ${ownerId}::int as "id", 0 as position union all table others) m
        order by m.position
      ), log as (
        insert into conversations ("channelId") select c."id" from c
      )
      select ${channelColumns} from c`,
  );
  if (!channel) throw new ChatError('USER_NOT_FOUND');
  return channel;
}

/** The pair's direct channel as `userId` sees it: with the other's name. */
async function findDirect(
  db: Database,
  { directName }: EmailView,
  userId: number,
  other: number,
): Promise<ChannelRow | undefined> {
  const [channel] = await rows<ChannelRow & { otherName: string }>(
    db,
    sql`select ${channelColumns}, ${directName} as "otherName" from channel_members me
      join channel_members m on m."channelId" = me."channelId" and m."userId" = ${other}::int
      join channels c on c."id" = me."channelId" and c."type" = 'direct' and c."deletedAt" is null
      join users u on u."id" = m."userId" and u."deletedAt" is null
      where me."userId" = ${userId}::int order by c."id" limit 1`,
  );
  return channel && { ...channel, name: channel.otherName };
}

function insertDirect(
  db: Database,
  emails: EmailView,
  ownerId: number,
  other: number,
): Promise<{ row: ChannelRow; created: boolean }> {
  const low = Math.min(ownerId, other);
  const high = Math.max(ownerId, other);
  return db.transaction(async (transaction) => {
    await rows(transaction, sql`select pg_advisory_xact_lock(${low}::int, ${high}::int)`);
    const raced = await findDirect(transaction, emails, ownerId, other);
    if (raced) return { row: raced, created: false };
    const row = await insertChannel(transaction, { type: 'direct', fields: EMPTY_FIELDS, ownerId, others: [other] });
    return { row: (await findDirect(transaction, emails, ownerId, other)) ?? row, created: true };
  });
}
