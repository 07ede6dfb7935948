// The interface of the log: append, change, read. Implemented in append.ts, change.ts, read.ts.
import type { Deadline } from '../../lib/deadline.ts';
import type { MessageContent } from '../../protocol/messages.ts';
import type { ServerFrameType } from '../../protocol/server-frames.ts';
import type { ChangeKind } from './change-kind.ts';
import type { LogEvent, StoredMessage } from './event.ts';
import type { LogKey } from './key.ts';

/** A message to store. Exactly one of `channelId` and `receiverId` is not null, and the content is not empty. */
export interface Draft {
  readonly senderId: number;
  readonly channelId: number | null;
  readonly receiverId: number | null;
  readonly clientId: string | null;
  readonly content: MessageContent;
}

/** `duplicate`: the sender used this clientId before. Nothing was stored; `message` is that message as it is now. */
export interface Appended {
  readonly message: StoredMessage;
  readonly duplicate: boolean;
}

/**
 * Stores one message with the log's next number and hands the event to the sink. The storing statement checks that the
 * sender exists and is a member.
 * Throws CHANNEL_NOT_FOUND (not a member, no such channel), USER_NOT_FOUND (receiver), MESSAGE_NOT_FOUND (what it answers is not
 * in this conversation, or is deleted), UNAUTHORIZED (sender deleted),
 * UNAVAILABLE (database away, or too many messages wait; with a clientId the caller may try again). A message that was
 * not sent to the database a second before the deadline fails as UNAVAILABLE, and is never stored.
 */
export type Append = (draft: Draft, deadline?: Deadline) => Promise<Appended>;

/** A change of one message that somebody asks for. */
export interface AskedChange<Given extends object = object> {
  readonly messageId: number;
  /** Null for an admin, who need not be a party of the conversation. */
  readonly actorId: number | null;
  readonly kind: ChangeKind<Given, never>;
  readonly given: Given;
}

/**
 * Changes a message, and hands the event to the sink. Returns the message as it is then; if nothing was to be done, as it
 * is, and there is no event. The caller decides who may. The statement checks again that the actor is a party of the
 * conversation. Throws MESSAGE_NOT_FOUND (also if it is deleted), UNAVAILABLE (as append does), and codes of the kind.
 */
export type ChangeMessage = <Given extends object>(
  asked: AskedChange<Given>,
  deadline?: Deadline,
) => Promise<StoredMessage>;

/** Gets every event right after its commit, the events of one log in order. Must not throw. */
export type EventSink = (events: readonly LogEvent[]) => void;

/** The present state of an object that is no message, with the number of its latest change. */
export interface ObjectEvent {
  readonly seq: number;
  /** Unlike those of the log's other objects. */
  readonly id: number;
  /** The frame that brings it. */
  readonly type: ServerFrameType;
  readonly data: object;
}

/** A page of a log, for a catch-up: each message at most once, in its present state, by updatedSeq. */
export interface LogPage {
  readonly messages: readonly StoredMessage[];
  /** Other objects of the log, ascending. */
  readonly objects?: readonly ObjectEvent[];
  /** Where to read on: each event up to this number is in this page, or was replaced by a later one. */
  readonly upTo: number;
  /** The log's last number when this was read. */
  readonly head: number;
  /** Rises when somebody loses access to the log. */
  readonly accessVersion: number;
}

/** Reads at most `limit` messages that changed after number `after`. An unknown log reads as empty, with head 0. */
export type ReadLog = (key: LogKey, after: number, limit: number) => Promise<LogPage>;
