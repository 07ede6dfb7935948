// The statement that stores a batch of messages, and its outcome for each of them.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import { fromDraft, fromState, type SenderRow, type StateRow } from './columns.ts';
import type { StoredMessage } from './event.ts';
import type { Draft } from './log.ts';

/** The outcome of one draft: see `append_messages` in drizzle/functions/. */
export interface Outcome extends Record<string, unknown>, SenderRow {
  outcome: string;
  id: number;
  seq: number;
  createdAt: string;
  accessVersion: number;
  /** If the draft is a duplicate, the message that was stored before; otherwise null. */
  before: StateRow | null;
}

const value = (name: string) => sql.placeholder(name);

/** One row per draft, in their order. */
const APPEND = sql`
  select outcome, id, seq, "createdAt"::text, "senderName", "senderAvatar", "accessVersion", before
  from append_messages(${value('senderId')}::int[], ${value('channelId')}::int[], ${value('receiverId')}::int[],
    ${value('clientId')}::text[], ${value('contents')}::text::jsonb)`;

/** Returns the outcomes of the drafts, in their order, after one round trip. */
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

/** The message that was stored from the draft, or if it is a duplicate, before. */
export function toMessage(draft: Draft, outcome: Outcome): StoredMessage {
  return outcome.before ? fromState(outcome.before, outcome) : fromDraft(draft, outcome);
}
