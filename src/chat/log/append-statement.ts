// The statement that stores a batch of messages, and what it says of each of them.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import { isoTime } from '../../database/time.ts';
import { contentOf, type MessageContent } from '../../protocol/messages.ts';
import type { StoredMessage } from './event.ts';
import type { Draft } from './log.ts';

/** What became of one draft: see `append_messages` in drizzle/functions/. */
export interface Outcome extends Record<string, unknown> {
  outcome: string;
  id: number;
  seq: number;
  createdAt: string;
  senderName: string;
  senderAvatar: string | null;
  accessVersion: number;
  /** Of a duplicate; null for others. */
  before: Before | null;
}

/** What else there is to know of a message that was stored before. */
interface Before extends MessageContent {
  updatedSeq: number;
  updatedAt: string;
  deleted: boolean;
  channelId: number | null;
  receiverId: number | null;
}

const value = (name: string) => sql.placeholder(name);

/** One row per draft, in their order. What only duplicates have comes as one column, for a row costs by its columns. */
const APPEND = sql`
  select fate as outcome, id, seq, "createdAt"::text, "senderName", "senderAvatar", "membersVersion" as "accessVersion",
    case fate when 'duplicate' then json_build_object('updatedSeq', "updatedSeq", 'updatedAt', "updatedAt"::text,
      'deleted', deleted, 'text', text, 'url', url, 'fileName', "fileName",
      'channelId', "channelId", 'receiverId', "receiverId") end as before
  from append_messages(${value('senderId')}::int[], ${value('channelId')}::int[], ${value('receiverId')}::int[],
    ${value('text')}::text[], ${value('url')}::text[], ${value('fileName')}::text[], ${value('clientId')}::text[])`;

/** Gives the outcomes of the drafts, in their order. One round trip for all of them. */
export function createStoreBatch(db: Database): (drafts: readonly Draft[]) => Promise<Outcome[]> {
  const store = prepare<Outcome>(db, APPEND);
  return (drafts) => store(columns(drafts));
}

/** The drafts field by field: what the statement takes. */
function columns(drafts: readonly Draft[]): Record<string, unknown[]> {
  return {
    senderId: drafts.map((draft) => draft.senderId),
    channelId: drafts.map((draft) => draft.channelId),
    receiverId: drafts.map((draft) => draft.receiverId),
    text: drafts.map((draft) => draft.content.text),
    url: drafts.map((draft) => draft.content.url),
    fileName: drafts.map((draft) => draft.content.fileName),
    clientId: drafts.map((draft) => draft.clientId),
  };
}

/** The message that a draft became, or was before. Field by field: spread objects were an eighth of the cost of storing. */
export function toMessage(draft: Draft, outcome: Outcome): StoredMessage {
  const { before } = outcome;
  const createdAt = isoTime(outcome.createdAt);
  const party = before ?? draft;
  return {
    id: outcome.id,
    seq: outcome.seq,
    updatedSeq: before ? before.updatedSeq : outcome.seq,
    senderId: draft.senderId,
    senderName: outcome.senderName,
    senderAvatar: outcome.senderAvatar,
    content: before ? contentOf(before) : draft.content,
    clientId: draft.clientId,
    channelId: party.channelId,
    receiverId: party.receiverId,
    createdAt,
    updatedAt: before ? isoTime(before.updatedAt) : createdAt,
    deleted: before ? before.deleted : false,
  };
}
