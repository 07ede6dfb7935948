// What a run would do, a line each. Only reads, in a transaction that could not write.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';
import { planFolding } from '../database/folding.ts';
import type { DatabaseHandle } from '../database/handle.ts';
import { needsTakeover, pending, refuseForeign } from '../database/migrate.ts';
import { allowsDoubles, findDoubles, nameIds } from './doubles.ts';
import { oddMessages, refuseObstacles } from './obstacles.ts';
import { oddChannels } from './odd-channels.ts';
import { type Survey, survey } from './survey.ts';
import { LOG_COLUMNS, referenceName } from './wanted.ts';

/** Throws MigrationError if a run would be refused. Empty if there is nothing to do. */
export function planMigrations(handle: DatabaseHandle, folder: string): Promise<string[]> {
  return handle.dedicated((db) =>
    db.transaction(
      async (tx) => {
        const migrations = await pending(tx, folder);
        if (migrations.length === 0) return [];
        await refuseForeign(tx, folder);
        const numbers = migrations.map(({ number }) => number).join(', ');
        const folding = await planFolding(tx, migrations);
        if (handle.kind === 'embedded' || !(await needsTakeover(tx, migrations)))
          return [...folding, `apply ${numbers}`];
        return [...(await planTakeover(tx)), ...folding, `apply ${numbers}, which finds all of that done`];
      },
      { accessMode: 'read only' },
    ),
  );
}

async function planTakeover(db: Database): Promise<string[]> {
  const state = await survey(db);
  await refuseObstacles(db, state);
  return [
    ...(state.columns.length > 0 ? [`add the columns ${state.columns.join(', ')} to chats`] : []),
    ...(state.hasConversations ? [] : ['make the table conversations']),
    ...state.narrow.map(
      ({ column, length, wanted }) => `make room for ${wanted} characters in ${column}, which has ${length}`,
    ),
    ...(await planNumbers(db, state)),
    ...(state.hasTriggers ? [] : ['set triggers that number what the former service writes from then on']),
    ...planIndexes(state),
    ...(await planMembers(db, state)),
    ...planRules(state),
    ...(await planDefaults(db)),
    ...(await planChannels(db)),
  ];
}

async function planNumbers(db: Database, state: Survey): Promise<string[]> {
  const hasNumbers = !state.columns.includes(LOG_COLUMNS[1]);
  const [row] = await rows<{ messages: number; channels: number; pairs: number; deleted: number }>(
    db,
    sql`select count(*) as "messages", count(distinct "channelId") as "channels",
        count(distinct (least("senderId", "receiverId"), greatest("senderId", "receiverId")))
          filter (where "channelId" is null) as "pairs", count("deletedAt") as "deleted"
      from chats where ("channelId" is not null or "receiverId" is not null)
        and ${hasNumbers ? sql`seq is null` : sql`true`}`,
  );
  const { nowhere, both } = await oddMessages(db);
  const { messages = 0, channels = 0, pairs = 0, deleted = 0 } = row ?? {};
  return [
    `number ${messages} messages, ${deleted} deleted ones among them, of ${channels} channels and ${pairs} pairs of users`,
    ...(nowhere > 0 ? [`leave ${nowhere} messages without a number: they have neither a channel nor a receiver`] : []),
    ...(both > 0 ? [`count ${both} messages that have a channel and a receiver as the channel's`] : []),
  ];
}

function again(broken: boolean): string {
  return broken ? ', after the rest of an interrupted build is dropped' : '';
}

function planIndexes({ indexes }: Survey): string[] {
  return indexes.map(
    ({ index, broken }) => `build the index ${index.name} on ${index.table} beside writers${again(broken)}`,
  );
}

/** What must happen before each member can be unique. */
async function planMembers(db: Database, { uniques }: Survey): Promise<string[]> {
  if (!uniques.some(({ unique }) => unique.table === 'channel_members') || !(await allowsDoubles(db))) return [];
  const { members, channels, rows: count, ids } = await findDoubles(db);
  return [
    'let the adding of a member who is one already do nothing, also by the former service, by a trigger on channel_members',
    ...(count > 0
      ? [
          `merge memberships that are there more than once, of ${members} members in ${channels} channels: the earliest of each stays, ${count} rows of channel_members are deleted (${nameIds(ids, count)})`,
        ]
      : []),
  ];
}

function planRules({ uniques, references, unfilled }: Survey): string[] {
  return [
    ...uniques.map(
      ({ unique, broken }) =>
        `let ${unique.name} hold on ${unique.table}, by an index built beside writers${again(broken)}`,
    ),
    ...references.map(({ reference }) => `let ${referenceName(reference)} hold on ${reference.table}`),
    ...unfilled.map(({ table, columns }) => `let ${columns.join(', ')} of ${table} be not null`),
  ];
}

/** What stays as it is, but is worth mentioning. */
async function planChannels(db: Database): Promise<string[]> {
  const { withoutOwner, twins } = await oddChannels(db);
  return [
    ...(withoutOwner > 0
      ? [`leave ${withoutOwner} channels with an owner who is no member, and does not see them`]
      : []),
    ...(twins > 0 ? [`leave ${twins} direct channels of two users who have an older one, which is found first`] : []),
  ];
}

/** The changes of columns that the migration itself makes in an instant. */
async function planDefaults(db: Database): Promise<string[]> {
  const found = await rows<{ column: string }>(
    db,
    sql`select table_name || '.' || column_name as "column" from information_schema.columns
      where table_schema = current_schema() and table_name in ('users', 'channels', 'channel_members', 'chats')
        and column_name in ('createdAt', 'updatedAt', 'joinedAt') and coalesce(column_default, '') not like '%utc%'
      order by 1`,
  );
  if (found.length === 0) return [];
  return [`let ${found.map(({ column }) => column).join(', ')} default to the present time in UTC`];
}
