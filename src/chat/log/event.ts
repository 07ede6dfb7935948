// What a log consists of: messages as they are stored, and the numbered events that happen to them.
import type { MessageState } from '../../protocol/messages.ts';
import type { Change } from './define-change.ts';
import type { LogKey } from './key.ts';

/** A message as the database has it. The content of a deleted one is null. */
export interface StoredMessage extends MessageState {
  readonly deleted: boolean;
}

/** One numbered event: `message.updatedSeq` is its number, `message` the state that it led to. */
export interface LogEvent {
  readonly key: LogKey;
  readonly change: Change;
  readonly message: StoredMessage;
  /** Data of the change's live form, if it has one. */
  readonly live?: object;
  /** Grows when somebody loses access to the log: see feed.ts. */
  readonly accessVersion: number;
}
