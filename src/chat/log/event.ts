// What a log consists of: messages as they are stored, and the numbered events that happen to them.
import type { LogKey } from './key.ts';

/** A message as the database has it. Times are ISO 8601 UTC. The content of a deleted one is null. */
export interface StoredMessage {
  readonly id: number;
  /** The log's number of its being stored. */
  readonly seq: number;
  /** The log's number of its latest change; `seq` at first. */
  readonly updatedSeq: number;
  readonly senderId: number;
  readonly senderName: string;
  readonly senderAvatar: string | null;
  readonly text: string | null;
  readonly url: string | null;
  readonly fileName: string | null;
  readonly clientId: string | null;
  /** Exactly one of these two is not null. */
  readonly channelId: number | null;
  readonly receiverId: number | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly deleted: boolean;
}

export type EventKind = 'stored' | 'updated' | 'deleted';

/** One numbered event: `message.updatedSeq` is its number, `message` the state that it led to. */
export interface LogEvent {
  readonly key: LogKey;
  readonly kind: EventKind;
  readonly message: StoredMessage;
  /** Grows when somebody loses access to the log: see feed.ts. */
  readonly membersVersion: number;
}
