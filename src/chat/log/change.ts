// Changes of messages, made in groups (see group-commit.ts): edits, deletions and whatever else is a kind of change.
import type { Clock } from '../../backends/clock/clock.ts';
import type { Database } from '../../database/database.ts';
import { ChatError, type ErrorCode, type ErrorDetail } from '../../protocol/errors.ts';
import { type ChangeOutcome, createChangeBatch } from './change-statement.ts';
import { fromState, type StateRow } from './columns.ts';
import type { LogEvent, StoredMessage } from './event.ts';
import { createGroupCommit, type Waiting } from './group-commit.ts';
import { keyOfMessage } from './key.ts';
import type { AskedChange, ChangeMessage, EventSink } from './log.ts';

/** Fewer than in a batch of messages, because each has a larger part that is done one by one. */
const MAX_BATCH_ROWS = 200;

export interface ChangeMessageDependencies {
  readonly db: Database;
  readonly sink: EventSink;
  readonly clock: Clock;
}

type WaitingChange = Waiting<AskedChange, StoredMessage>;

/** What one event consists of: the message after it, and the details of those changes that changed it. */
interface Made {
  readonly message: StoredMessage;
  readonly accessVersion: number;
  readonly kind: AskedChange['kind'];
  readonly details: unknown[];
}

export function createChangeMessage({ db, sink, clock }: ChangeMessageDependencies): ChangeMessage {
  const store = createChangeBatch(db);
  const commit = createGroupCommit({ clock, maxBatchRows: MAX_BATCH_ROWS, store, settle });

  function settle(batch: readonly WaitingChange[], outcomes: readonly ChangeOutcome[]): [] {
    const made = new Map<number, Made>();
    for (const [index, waiting] of batch.entries()) settleOne(waiting, outcomes[index] as ChangeOutcome, made);
    const events = [...made.values()].filter(({ details }) => details.length > 0).map(toEvent);
    // Those of one log in the order of their numbers.
    events.sort((a, b) => a.message.updatedSeq - b.message.updatedSeq);
    if (events.length > 0) sink(events);
    return [];
  }

  return (asked, deadline) =>
    commit(asked, String(asked.messageId), 64 + 2 * JSON.stringify(asked.given).length, deadline);
}

function settleOne(waiting: WaitingChange, row: ChangeOutcome, made: Map<number, Made>): void {
  const { kind } = waiting.item;
  if (row.event !== null && !made.has(row.event)) {
    const { accessVersion } = row;
    made.set(row.event, { message: fromState(row.state as StateRow, row), accessVersion, kind, details: [] });
  }
  const event = row.event === null ? undefined : made.get(row.event);
  if (row.outcome === 'changed') event?.details.push(row.detail);
  if (event && (row.outcome === 'changed' || row.outcome === 'unchanged')) return waiting.resolve(event.message);
  const details = (row.detail ?? undefined) as ErrorDetail[] | undefined;
  waiting.reject(new ChatError(row.outcome as ErrorCode, undefined, details && { details }));
}

function toEvent({ message, accessVersion, kind, details }: Made): LogEvent {
  const event = { key: keyOfMessage(message), change: kind.change, message, accessVersion };
  // The details are those of this kind, because changes of two kinds never become one event.
  return kind.live ? { ...event, live: kind.live(message, details as never[]) } : event;
}
