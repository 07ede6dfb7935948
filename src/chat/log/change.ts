// Edits and deletions: one statement that takes the log's next number under its lock.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { ChatError } from '../../protocol/errors.ts';
import { deleted, updated } from '../messages/changes.ts';
import { type MessageRow, toStoredMessage } from './columns.ts';
import { keyOfMessage } from './key.ts';
import type { Change, EventSink } from './log.ts';

export interface ChangeDependencies {
  readonly db: Database;
  readonly sink: EventSink;
  /** Whether the content of a deleted message goes from its row too. */
  readonly eraseDeleted: boolean;
}

export function createChange({ db, sink, eraseDeleted }: ChangeDependencies): Change {
  return async ({ messageId, actorId, text }) => {
    const [row] = await rows<MessageRow & { accessVersion: number }>(
      db,
      sql`select *, "membersVersion" as "accessVersion"
        from change_message(${messageId}::int, ${actorId}::int, ${text}::text, ${eraseDeleted}::boolean)`,
    );
    if (!row) throw new ChatError('MESSAGE_NOT_FOUND');
    const message = toStoredMessage(row);
    const change = text === null ? deleted : updated;
    sink([{ key: keyOfMessage(message), change, message, accessVersion: row.accessVersion }]);
    return message;
  };
}
