// The statement that stores a batch of messages, and what it says of each of them.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import { isoTime } from '../../database/time.ts';
import type { StoredMessage } from './event.ts';
import type { Draft } from './log.ts';

/** What became of one draft: see `append_messages` in migrations/. */
export interface Fate extends Record<string, unknown> {
  fate: string;
  id: number;
  seq: number;
  createdAt: string;
  senderName: string;
  senderAvatar: string | null;
  membersVersion: number;
  /** Of a duplicate; null for others. */
  before: Before | null;
}

/** What else there is to know of a message that was stored before. */
interface Before {
  updatedSeq: number;
  updatedAt: string;
  deleted: boolean;
  text: string | null;
  url: string | null;
  fileName: string | null;
  channelId: number | null;
  receiverId: number | null;
}

const value = (name: string) => sql.placeholder(name);

/** One row per draft, in their order. What only duplicates have comes as one column, for a row costs by its columns. */
const APPEND = sql`
  select fate, id, seq, "createdAt"::text, "senderName", "senderAvatar", "membersVersion",
    case fate when 'duplicate' then json_build_object('updatedSeq', "updatedSeq", 'updatedAt', "updatedAt"::text,
      'deleted', deleted, 'text', text, 'url', url, 'fileName', "fileName",
      'channelId', "channelId", 'receiverId', "receiverId") end as before
  from append_messages(${value('senderId')}::int[], ${value('channelId')}::int[], ${value('receiverId')}::int[],
    ${value('text')}::text[], ${value('url')}::text[], ${value('fileName')}::text[], ${value('clientId')}::text[])`;

/** The columns of `APPEND` are these fields of the drafts. */
const FIELDS = ['senderId', 'channelId', 'receiverId', 'text', 'url', 'fileName', 'clientId'] as const;

/** Gives the fates of the drafts, in their order. One round trip for all of them. */
export function createStoreBatch(db: Database): (drafts: readonly Draft[]) => Promise<Fate[]> {
  const store = prepare<Fate>(db, APPEND);
  return (drafts) => store(columns(drafts));
}

/** The drafts field by field: what the statement takes. */
function columns(drafts: readonly Draft[]): Record<string, unknown[]> {
  return Object.fromEntries(FIELDS.map((field) => [field, drafts.map((draft) => draft[field])]));
}

/** The message that a draft became, or was before. */
export function toMessage(draft: Draft, fate: Fate): StoredMessage {
  const { id, seq, senderName, senderAvatar } = fate;
  const { senderId, clientId } = draft;
  const createdAt = isoTime(fate.createdAt);
  const stored = { id, seq, senderId, senderName, senderAvatar, clientId, createdAt };
  if (fate.before) return { ...stored, ...fate.before, updatedAt: isoTime(fate.before.updatedAt) };
  const { text, url, fileName, channelId, receiverId } = draft;
  const party = { text, url, fileName, channelId, receiverId };
  return { ...stored, ...party, updatedSeq: seq, updatedAt: createdAt, deleted: false };
}
