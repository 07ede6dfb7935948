// What users set of their own part in a conversation. A change takes the account log's next number; what changes
// nothing takes none.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import type { ConversationBody, ConversationName } from '../../protocol/conversations.ts';
import { ChatError, invalid } from '../../protocol/errors.ts';
import { merged } from '../../protocol/merge-patch.ts';
import { type Metadata, metadataProblem } from '../../protocol/metadata.ts';
import { isLog, logsOf } from './entries.ts';

/** The columns of `seats` that users write. Times are PostgreSQL's text. */
type Part = Record<string, unknown> & {
  mutedUntil: string | null;
  archived: boolean;
  archivedSeq: number;
  favourite: boolean;
  notify: string | null;
  metadata: Metadata | null;
};

/** Returns whether anything changed. Throws CHANNEL_NOT_FOUND, USER_NOT_FOUND if the user has no part in it. */
export function changeOwnPart(
  db: Database,
  userId: number,
  name: ConversationName,
  changes: ConversationBody,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    // The end of a membership takes this lock too.
    await rows(tx, sql`select lock_accounts(array[${userId}::int]) as "locked"`);
    const [log] = await rows<{ log: number | null; lastSeq: number }>(
      tx,
      sql`select l."log", l."lastSeq" from ${logsOf(userId)} l where ${isLog(name)}`,
    );
    if (!log) throw new ChatError(name.channelId === null ? 'USER_NOT_FOUND' : 'CHANNEL_NOT_FOUND');
    const logId = log.log ?? (await createLog(tx, name.channelId as number));
    const before = await readPart(tx, userId, logId);
    const after = changed(before, changes, log.lastSeq);
    if (JSON.stringify(after) === JSON.stringify(before)) return false;
    await writePart(tx, userId, logId, after);
    return true;
  });
}

/** Of a channel of the former service in which nothing happened yet. */
async function createLog(tx: Database, channelId: number): Promise<number> {
  await rows(tx, sql`select create_logs('{}', array[${channelId}::int], '{}') as "created"`);
  const [log] = await rows<{ id: number }>(
    tx,
    sql`select "id" from conversations where "channelId" = ${channelId}::int`,
  );
  if (!log) throw new ChatError('CHANNEL_NOT_FOUND');
  return log.id;
}

async function readPart(tx: Database, userId: number, log: number): Promise<Part> {
  const [part] = await rows<Part>(
    tx,
    sql`select case when s."mutedUntil" > now() at time zone 'utc' then s."mutedUntil"::text end as "mutedUntil",
        s."archived" and (s."mutedUntil" > now() at time zone 'utc' or not exists (
          select 1 from chats m where m."conversationId" = s."conversationId" and m."seq" > s."archivedSeq")) is true
          as "archived",
        s."archivedSeq", s."favourite", s."notify", s."metadata"
      from seats s where s."userId" = ${userId}::int and s."conversationId" = ${log}::int for no key update`,
  );
  return part ?? { mutedUntil: null, archived: false, archivedSeq: 0, favourite: false, notify: null, metadata: null };
}

function changed(part: Part, changes: ConversationBody, head: number): Part {
  const { muted, archived, favourite, notify, ownMetadata } = changes;
  const metadata = ownMetadata === undefined ? part.metadata : merged(part.metadata, ownMetadata);
  const problem = metadata && metadataProblem(metadata);
  if (problem) throw invalid('ownMetadata', `${problem}, merged with what is there`);
  return {
    ...part,
    mutedUntil: muted === undefined ? part.mutedUntil : mutedUntil(muted),
    archived: archived ?? part.archived,
    archivedSeq: archived && !part.archived ? head : part.archivedSeq,
    favourite: favourite ?? part.favourite,
    notify: notify ?? part.notify,
    metadata: metadata && Object.keys(metadata).length === 0 ? null : metadata,
  };
}

/** The last millisecond that PostgreSQL and JavaScript write alike. */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');

/** In the spelling of PostgreSQL, so that an equal time is no change. */
function mutedUntil(muted: boolean | string): string | null {
  if (typeof muted === 'boolean') return muted ? 'infinity' : null;
  const time = Date.parse(muted);
  if (time <= 0) return null;
  if (time > LATEST) return 'infinity';
  return new Date(time)
    .toISOString()
    .replace('T', ' ')
    .replace('Z', '')
    .replace(/\.?0+$/, '');
}

async function writePart(tx: Database, userId: number, log: number, part: Part): Promise<void> {
  await rows(
    tx,
    sql`insert into seats ("userId", "conversationId", "accountSeq", "readSeq", "seenSeq",
        "mutedUntil", "archived", "archivedSeq", "favourite", "notify", "metadata")
      select ${userId}::int, c."id", n.number, read.seq, read.seq, ${part.mutedUntil}::timestamp, ${part.archived}::boolean,
        ${part.archivedSeq}::int, ${part.favourite}::boolean, ${part.notify}::text,
        ${part.metadata && JSON.stringify(part.metadata)}::text::jsonb
      from conversations c, unnest(take_account_numbers(array[${userId}::int])) n(number),
        lateral (select case when c."channelId" is null then 0 else c."lastSeq" end as seq) read
      where c."id" = ${log}::int
      on conflict ("userId", "conversationId") do update set "accountSeq" = excluded."accountSeq",
        "mutedUntil" = excluded."mutedUntil", "archived" = excluded."archived",
        "archivedSeq" = excluded."archivedSeq", "favourite" = excluded."favourite", "notify" = excluded."notify",
        "metadata" = excluded."metadata"`,
  );
}
