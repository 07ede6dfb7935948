// Edits and deletions: one statement that takes the log's next number under its lock.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { ChatError } from '../../protocol/errors.ts';
import { deleted, updated } from '../messages/changes.ts';
import { fromState, type SenderRow, type StateRow } from './columns.ts';
import { keyOfMessage } from './key.ts';
import type { ChangeMessage, EventSink } from './log.ts';

export interface ChangeMessageDependencies {
  readonly db: Database;
  readonly sink: EventSink;
  /** Whether a deletion also erases the content in the row. */
  readonly eraseDeleted: boolean;
}

interface ChangedRow extends SenderRow, Record<string, unknown> {
  state: StateRow;
  accessVersion: number;
}

export function createChangeMessage({ db, sink, eraseDeleted }: ChangeMessageDependencies): ChangeMessage {
  return async ({ messageId, actorId, content }) => {
    const edit = content && JSON.stringify(content);
    const [row] = await rows<ChangedRow>(
      db,
      sql`select * from change_message(${messageId}::int, ${actorId}::int, ${edit}::text::jsonb, ${eraseDeleted}::boolean)`,
    );
    if (!row) throw new ChatError('MESSAGE_NOT_FOUND');
    const message = fromState(row.state, row);
    const change = content === null ? deleted : updated;
    sink([{ key: keyOfMessage(message), change, message, accessVersion: row.accessVersion }]);
    return message;
  };
}
