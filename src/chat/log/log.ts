// The log as use cases and readers see it: append, change, read. Implemented in append.ts, change.ts, read.ts.
import type { Deadline } from '../../lib/deadline.ts';
import type { MessageContent } from '../../protocol/messages.ts';
import type { LogEvent, StoredMessage } from './event.ts';
import type { LogKey } from './key.ts';

/** A message to be stored. Exactly one of `channelId`, `receiverId`; its content is not empty. */
export interface Draft {
  readonly senderId: number;
  readonly channelId: number | null;
  readonly receiverId: number | null;
  readonly clientId: string | null;
  readonly content: MessageContent;
}

/** `duplicate`: the sender used this clientId before, and this is that message as it is now; nothing was stored. */
export interface Appended {
  readonly message: StoredMessage;
  readonly duplicate: boolean;
}

/**
 * Stores one message with the log's next number and hands the event to the sink. Checks in the storing statement that
 * the sender exists and is a member.
 * Throws CHANNEL_NOT_FOUND (no member, no such channel), USER_NOT_FOUND (receiver), UNAUTHORIZED (sender deleted),
 * UNAVAILABLE (database away or too much waiting; with a clientId the same call may be made again). A message that is not on
 * its way to the database a second before the deadline is given back, and never stored.
 */
export type Append = (draft: Draft, deadline?: Deadline) => Promise<Appended>;

/**
 * Edits (`content` has what changes of it) or deletes (`content` null) a message and hands the event to the sink. Who may is decided before;
 * that the actor is a party of the conversation is checked again in the statement, unless `actorId` is null: an admin, who
 * need be none. Throws MESSAGE_NOT_FOUND, UNAVAILABLE.
 */
export type Change = (change: {
  messageId: number;
  actorId: number | null;
  content: Partial<MessageContent> | null;
}) => Promise<StoredMessage>;

/** Gets every event right after its commit, those of one log in order. Must not throw. */
export type EventSink = (events: readonly LogEvent[]) => void;

/** A stretch of a log, as a catch-up needs it: each message at most once, in its present state, by updatedSeq. */
export interface LogPage {
  readonly messages: readonly StoredMessage[];
  /** Everything up to this number is in this page or replaced by something later: where to read on. */
  readonly upTo: number;
  /** The log's last number when this was read. */
  readonly head: number;
  /** Grows when somebody loses access to the log. */
  readonly accessVersion: number;
}

/** Reads what changed after number `after`, at most `limit` messages. An unknown log is an empty one with head 0. */
export type ReadLog = (key: LogKey, after: number, limit: number) => Promise<LogPage>;
