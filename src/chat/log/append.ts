// Group commit: messages that wait while a batch is being stored leave together in the next batch.
import type { Clock } from '../../backends/clock/clock.ts';
import type { Database } from '../../database/database.ts';
import { isRefused, isUnavailable, sqlState, withoutValues } from '../../database/errors.ts';
import { type Deadline, deadlineIn } from '../../lib/deadline.ts';
import { ChatError, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { CONTENT_FIELDS } from '../../protocol/messages.ts';
import { stored } from '../messages/changes.ts';
import { createStoreBatch, type Outcome, toMessage } from './append-statement.ts';
import { keyOfMessage, type LogKey, logName } from './key.ts';
import type { Append, Appended, Draft, EventSink } from './log.ts';

const MAX_BATCH_ROWS = 512;
const MAX_BATCH_BYTES = 1 << 20;
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64 << 20;
/** With less time left, a message is rejected instead of stored. */
const TIME_TO_STORE_MS = 1_000;
/** How many lanes of logs whose lock somebody holds are tried at the same time. */
const MAX_STUCK_LANES_RUNNING = 3;
const LOCK_NOT_AVAILABLE = '55P03';
/** A unique violation means that another node just stored the client id; the next try finds the duplicate. */
const TRY_AGAIN = new Set(['23505', '40001', '40P01']);
const MAX_TRIES = 3;
const WAITED_TOO_LONG = 'The message waited too long: try again';

/** The outcomes of a draft that stored nothing. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  no_sender: 'UNAUTHORIZED',
  no_channel: 'CHANNEL_NOT_FOUND',
  no_receiver: 'USER_NOT_FOUND',
};

export interface AppendDependencies {
  readonly db: Database;
  readonly sink: EventSink;
  readonly clock: Clock;
  /** Called for each stored batch, with its rows and how long the statement took. */
  readonly onBatch?: (rows: number, milliseconds: number) => void;
}

interface WaitingMessage {
  readonly draft: Draft;
  readonly key: LogKey;
  readonly log: string;
  readonly bytes: number;
  /** The message is rejected if it has not left for the database by then. */
  readonly until: Deadline;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** Messages stored one batch after the other. All logs share one lane, except for those whose lock somebody holds. */
interface Lane {
  /** The log that has this lane for itself; undefined for the shared lane. */
  readonly log: string | undefined;
  queue: WaitingMessage[];
  running: boolean;
}

export function createAppend(deps: AppendDependencies): Append {
  const { sink, clock } = deps;
  const store = createStoreBatch(deps.db);
  const shared: Lane = { log: undefined, queue: [], running: false };
  const stuck = new Map<string, Lane>();
  let stuckRunning = 0;
  let waiting = 0;
  let waitingBytes = 0;

  function append(draft: Draft, deadline = deadlineIn(LIMITS.ANSWER_MS)): Promise<Appended> {
    const bytes = draftBytes(draft);
    if (waiting >= MAX_WAITING || waitingBytes + bytes > MAX_WAITING_BYTES) {
      return Promise.reject(new ChatError('UNAVAILABLE', 'Too many messages wait to be stored: try again'));
    }
    return new Promise((resolve, reject) => {
      const key = keyOfMessage(draft);
      const log = logName(key);
      waiting += 1;
      waitingBytes += bytes;
      const lane = stuck.get(log) ?? shared;
      lane.queue.push({ draft, key, log, bytes, until: deadline - TIME_TO_STORE_MS, resolve, reject });
      // Deferred, so that what arrives in the same turn of the event loop shares the first batch.
      if (!lane.running) start(lane);
    });
  }

  function start(lane: Lane): void {
    if (lane.log !== undefined) {
      if (stuckRunning >= MAX_STUCK_LANES_RUNNING) return;
      stuckRunning += 1;
    }
    lane.running = true;
    clock.defer(() => void drain(lane));
  }

  async function drain(lane: Lane): Promise<void> {
    while (lane.queue.length > 0) {
      const batch = takeBatch(lane);
      if (batch.length > 0) await storeBatch(lane, batch, 1);
      // A stuck lane gives its place to the next one after each try.
      if (lane.log !== undefined) break;
    }
    lane.running = false;
    if (lane.log !== undefined) leaveStuck(lane, lane.log);
  }

  function leaveStuck(lane: Lane, log: string): void {
    stuckRunning -= 1;
    stuck.delete(log);
    // Back to the end of the line, or if nothing is left to store, to the shared lane.
    if (lane.queue.length > 0) stuck.set(log, lane);
    for (const next of stuck.values()) if (!next.running) start(next);
  }

  function takeBatch(lane: Lane): WaitingMessage[] {
    let bytes = 0;
    let count = 0;
    for (const item of lane.queue) {
      bytes += item.bytes;
      if (count > 0 && (count >= MAX_BATCH_ROWS || bytes > MAX_BATCH_BYTES)) break;
      count += 1;
    }
    return inTime(lane.queue.splice(0, count), WAITED_TOO_LONG);
  }

  /** Returns the messages that may still be stored, and rejects the others. */
  function inTime(items: WaitingMessage[], message: string): WaitingMessage[] {
    const now = performance.now();
    if (!items.some((item) => item.until <= now)) return items;
    rejectAll(
      items.filter((item) => item.until <= now),
      new ChatError('UNAVAILABLE', message),
    );
    return items.filter((item) => item.until > now);
  }

  async function storeBatch(lane: Lane, batch: WaitingMessage[], attempt: number): Promise<void> {
    const started = clock.monotonic();
    let outcomes: Outcome[];
    try {
      outcomes = await store(batch.map((item) => item.draft));
    } catch (error) {
      return recover(lane, batch, attempt, error);
    }
    settle(lane, batch, outcomes);
    deps.onBatch?.(batch.length, clock.monotonic() - started);
  }

  async function recover(lane: Lane, batch: WaitingMessage[], attempt: number, error: unknown): Promise<void> {
    const state = sqlState(error);
    if (state === LOCK_NOT_AVAILABLE) return isolate(lane, batch);
    if (state !== undefined && TRY_AGAIN.has(state) && attempt < MAX_TRIES) {
      const again = inTime(batch, WAITED_TOO_LONG);
      return again.length > 0 ? storeBatch(lane, again, attempt + 1) : undefined;
    }
    if (isUnavailable(error) || isRefused(error))
      return rejectAll(batch, new ChatError('UNAVAILABLE', undefined, { cause: withoutValues(error) }));
    if (batch.length === 1) return rejectAll(batch, error);
    // Something in this batch cannot be stored. One by one, it makes no other message fail.
    for (const item of batch) {
      const [one] = inTime([item], WAITED_TOO_LONG);
      if (one) await storeBatch(lane, [one], MAX_TRIES);
    }
  }

  /** Somebody holds the lock of a log in this batch. Each of its logs goes on in a lane of its own. */
  function isolate(lane: Lane, batch: WaitingMessage[]): void {
    const logs = new Set(batch.map((item) => item.log));
    const behind = lane.queue.filter((item) => logs.has(item.log));
    lane.queue = lane.queue.filter((item) => !logs.has(item.log));
    for (const item of inTime([...batch, ...behind], 'The conversation is locked: try again')) {
      laneOf(item.log, lane).queue.push(item);
    }
    for (const next of stuck.values()) if (!next.running) start(next);
  }

  function laneOf(log: string, current: Lane): Lane {
    if (current.log === log) return current;
    let lane = stuck.get(log);
    if (!lane) {
      lane = { log, queue: [], running: false };
      stuck.set(log, lane);
    }
    return lane;
  }

  function settle(lane: Lane, batch: WaitingMessage[], outcomes: Outcome[]): void {
    const events = [];
    const repeats = [];
    for (const [index, item] of batch.entries()) {
      const result = outcomes[index] as Outcome;
      if (result.outcome === 'repeat') {
        repeats.push(item);
        continue;
      }
      const refusal = REFUSALS[result.outcome];
      if (refusal) {
        rejectAll([item], new ChatError(refusal));
        continue;
      }
      release(item);
      const message = toMessage(item.draft, result);
      const duplicate = result.outcome === 'duplicate';
      item.resolve({ message, duplicate });
      if (!duplicate) events.push({ key: item.key, change: stored, message, accessVersion: result.accessVersion });
    }
    lane.queue.unshift(...repeats);
    if (events.length > 0) sink(events);
  }

  function rejectAll(batch: WaitingMessage[], error: unknown): void {
    for (const item of batch) {
      release(item);
      item.reject(error);
    }
  }

  function release(item: WaitingMessage): void {
    waiting -= 1;
    waitingBytes -= item.bytes;
  }

  return append;
}

/** An estimate, too high for most scripts. The bound of a batch need not be exact. */
function draftBytes({ content }: Draft): number {
  let length = 0;
  for (const name of CONTENT_FIELDS) length += content[name]?.length ?? 0;
  return 64 + 2 * length;
}
