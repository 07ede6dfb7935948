// The statement that stores a batch of messages, and what it says of each of them.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import { fromDraft, fromState, type SenderRow, type StateRow } from './columns.ts';
import type { StoredMessage } from './event.ts';
import type { Draft } from './log.ts';

/** What became of one draft: see `append_messages` in drizzle/functions/. */
export interface Outcome extends Record<string, unknown>, SenderRow {
  outcome: string;
  id: number;
  seq: number;
  createdAt: string;
  accessVersion: number;
  /** The message that a duplicate is of; null for others. */
  before: StateRow | null;
}

const value = (name: string) => sql.placeholder(name);

/** One row per draft, in their order. */
const APPEND = sql`
  select outcome, id, seq, "createdAt"::text, "senderName", "senderAvatar", "accessVersion", before
  from append_messages(${value('senderId')}::int[], ${value('channelId')}::int[], ${value('receiverId')}::int[],
    ${value('clientId')}::text[], ${value('contents')}::text::jsonb)`;

/** Gives the outcomes of the drafts, in their order. One round trip for all of them. */
export function createStoreBatch(db: Database): (drafts: readonly Draft[]) => Promise<Outcome[]> {
  const store = prepare<Outcome>(db, APPEND);
  return (drafts) =>
    store({
      senderId: drafts.map((draft) => draft.senderId),
      channelId: drafts.map((draft) => draft.channelId),
      receiverId: drafts.map((draft) => draft.receiverId),
      clientId: drafts.map((draft) => draft.clientId),
      contents: JSON.stringify(drafts.map((draft) => draft.content)),
    });
}

/** The message that a draft became, or was before. */
export function toMessage(draft: Draft, outcome: Outcome): StoredMessage {
  return outcome.before ? fromState(outcome.before, outcome) : fromDraft(draft, outcome);
}
