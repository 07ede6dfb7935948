// What a log consists of: stored messages, and the numbered events of their changes.
import type { MessageState } from '../../protocol/messages.ts';
import type { Change } from './define-change.ts';
import type { LogKey } from './key.ts';

/** A message as it is stored. All content of a deleted message is null. */
export interface StoredMessage extends MessageState {
  readonly deleted: boolean;
}

/** One numbered event. `message` is the state after it, and `message.updatedSeq` its number. */
export interface LogEvent {
  readonly key: LogKey;
  readonly change: Change;
  readonly message: StoredMessage;
  /** Data of the change's live form, if it has one. */
  readonly live?: object;
  /** Rises when somebody loses access to the log: see feed.ts. */
  readonly accessVersion: number;
}
