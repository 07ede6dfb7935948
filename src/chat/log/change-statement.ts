// The statement that makes a batch of changes, and its outcome for each of them.
import { sql } from 'drizzle-orm';
import type { Database } from '../../database/database.ts';
import { prepare } from '../../database/prepared.ts';
import type { SenderRow, StateRow } from './columns.ts';
import type { AskedChange } from './log.ts';

/** The outcome of one change: see `change_messages` in drizzle/functions/. */
export interface ChangeOutcome extends Record<string, unknown>, SenderRow {
  /** `changed`, `unchanged`, or the code of an error. */
  outcome: string;
  detail: unknown;
  /** Changes with the same one are one event. */
  event: number | null;
  /** The message after the event, in the first row of each. */
  state: StateRow | null;
  accessVersion: number;
}

const value = (name: string) => sql.placeholder(name);

/** One row per change, in their order. */
const CHANGE = sql`
  select outcome, detail, event, state, "senderName", "senderAvatar", "accessVersion"
  from change_messages(${value('messageId')}::int[], ${value('actorId')}::int[], ${value('kind')}::text[],
    ${value('given')}::text::jsonb)`;

/** Returns the outcomes of the changes, in their order, after one round trip. */
export function createChangeBatch(db: Database): (asked: readonly AskedChange[]) => Promise<ChangeOutcome[]> {
  const change = prepare<ChangeOutcome>(db, CHANGE);
  return (asked) =>
    change({
      messageId: asked.map((one) => one.messageId),
      actorId: asked.map((one) => one.actorId),
      kind: asked.map((one) => one.kind.name),
      given: JSON.stringify(asked.map((one) => one.given)),
    });
}
