// What a log consists of: messages as they are stored, and the numbered events that happen to them.
import type { MessageState } from '../../protocol/messages.ts';
import type { LogKey } from './key.ts';

/** A message as the database has it. The content of a deleted one is null. */
export interface StoredMessage extends MessageState {
  readonly deleted: boolean;
}

export type EventKind = 'stored' | 'updated' | 'deleted';

/** One numbered event: `message.updatedSeq` is its number, `message` the state that it led to. */
export interface LogEvent {
  readonly key: LogKey;
  readonly kind: EventKind;
  readonly message: StoredMessage;
  /** Grows when somebody loses access to the log: see feed.ts. */
  readonly accessVersion: number;
}
