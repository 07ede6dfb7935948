// Group commit: what waits while a batch is being stored leaves together in the next batch.
import type { Clock } from '../../backends/clock/clock.ts';
import { isRefused, isUnavailable, sqlState, withoutValues } from '../../database/errors.ts';
import { type Deadline, deadlineIn } from '../../lib/deadline.ts';
import { ChatError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';

const MAX_BATCH_BYTES = 1 << 20;
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 64 << 20;
/** With less time left, an item is rejected instead of stored. */
const TIME_TO_STORE_MS = 1_000;
/** How many lanes whose lock somebody holds are tried at the same time. */
const MAX_STUCK_LANES_RUNNING = 3;
const LOCK_NOT_AVAILABLE = '55P03';
/** A unique violation means that another node just stored the same; the next try finds that. */
const TRY_AGAIN = new Set(['23505', '40001', '40P01']);
const MAX_TRIES = 3;
const WAITED_TOO_LONG = 'The message waited too long: try again';

/** Something to store, and who waits for it. */
export interface Waiting<Item, Result> {
  readonly item: Item;
  /** What the item locks, by any name: its log, or its message. */
  readonly lane: string;
  readonly bytes: number;
  /** The item is rejected if it has not left for the database by then. */
  readonly until: Deadline;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions<Item, Outcome, Result> {
  readonly clock: Clock;
  readonly maxBatchRows: number;
  /** Stores a batch by one statement, and returns the outcomes in the order of the items. */
  readonly store: (items: readonly Item[]) => Promise<Outcome[]>;
  /** Settles what was stored, except for what it returns: that is stored again, before all others. */
  readonly settle: (
    batch: ReadonlyArray<Waiting<Item, Result>>,
    outcomes: readonly Outcome[],
  ) => ReadonlyArray<Waiting<Item, Result>>;
  /** Called for each stored batch, with its rows and how long the statement took. */
  readonly onBatch?: ((rows: number, milliseconds: number) => void) | undefined;
}

/**
 * Stores one item, in the same batch as what else waits. Rejects with UNAVAILABLE if the database is away, too many items
 * wait, or the item did not leave for the database a second before its deadline: then it is never stored.
 */
export type GroupCommit<Item, Result> = (
  item: Item,
  lane: string,
  bytes: number,
  deadline?: Deadline,
) => Promise<Result>;

/** Batches that leave one after the other. All items share one lane, except for those whose lock somebody holds. */
interface Lane<Item, Result> {
  /** The name of those that have this lane for themselves; undefined for the shared lane. */
  readonly name: string | undefined;
  queue: Waiting<Item, Result>[];
  running: boolean;
}

export function createGroupCommit<Item, Outcome, Result>(
  options: GroupCommitOptions<Item, Outcome, Result>,
): GroupCommit<Item, Result> {
  type Entry = Waiting<Item, Result>;
  const { clock, maxBatchRows, store, onBatch } = options;
  const shared: Lane<Item, Result> = { name: undefined, queue: [], running: false };
  const stuck = new Map<string, Lane<Item, Result>>();
  let stuckRunning = 0;
  let waiting = 0;
  let waitingBytes = 0;

  function add(item: Item, name: string, bytes: number, deadline = deadlineIn(LIMITS.ANSWER_MS)): Promise<Result> {
    if (waiting >= MAX_WAITING || waitingBytes + bytes > MAX_WAITING_BYTES) {
      return Promise.reject(new ChatError('UNAVAILABLE', 'Too many messages wait to be stored: try again'));
    }
    return new Promise((resolve, reject) => {
      waiting += 1;
      waitingBytes += bytes;
      const lane = stuck.get(name) ?? shared;
      lane.queue.push({ item, lane: name, bytes, until: deadline - TIME_TO_STORE_MS, resolve, reject });
      // Deferred, so that what arrives in the same turn of the event loop shares the first batch.
      if (!lane.running) start(lane);
    });
  }

  function start(lane: Lane<Item, Result>): void {
    if (lane.name !== undefined) {
      if (stuckRunning >= MAX_STUCK_LANES_RUNNING) return;
      stuckRunning += 1;
    }
    lane.running = true;
    clock.defer(() => void drain(lane));
  }

  async function drain(lane: Lane<Item, Result>): Promise<void> {
    while (lane.queue.length > 0) {
      const batch = takeBatch(lane);
      if (batch.length > 0) await storeBatch(lane, batch, 1);
      // A stuck lane gives its place to the next one after each try.
      if (lane.name !== undefined) break;
    }
    lane.running = false;
    if (lane.name !== undefined) leaveStuck(lane, lane.name);
  }

  function leaveStuck(lane: Lane<Item, Result>, name: string): void {
    stuckRunning -= 1;
    stuck.delete(name);
    // Back to the end of the line, or if nothing is left to store, to the shared lane.
    if (lane.queue.length > 0) stuck.set(name, lane);
    for (const next of stuck.values()) if (!next.running) start(next);
  }

  function takeBatch(lane: Lane<Item, Result>): Entry[] {
    let bytes = 0;
    let count = 0;
    for (const entry of lane.queue) {
      bytes += entry.bytes;
      if (count > 0 && (count >= maxBatchRows || bytes > MAX_BATCH_BYTES)) break;
      count += 1;
    }
    return inTime(lane.queue.splice(0, count), WAITED_TOO_LONG);
  }

  /** Returns the items that may still be stored, and rejects the others. */
  function inTime(batch: Entry[], message: string): Entry[] {
    const now = performance.now();
    if (!batch.some((entry) => entry.until <= now)) return batch;
    rejectAll(
      batch.filter((entry) => entry.until <= now),
      new ChatError('UNAVAILABLE', message),
    );
    return batch.filter((entry) => entry.until > now);
  }

  async function storeBatch(lane: Lane<Item, Result>, batch: Entry[], attempt: number): Promise<void> {
    const started = clock.monotonic();
    let outcomes: Outcome[];
    try {
      outcomes = await store(batch.map((entry) => entry.item));
    } catch (error) {
      return recover(lane, batch, attempt, error);
    }
    for (const entry of batch) release(entry);
    const again = options.settle(batch, outcomes);
    for (const entry of again) hold(entry);
    lane.queue.unshift(...again);
    onBatch?.(batch.length, clock.monotonic() - started);
  }

  async function recover(lane: Lane<Item, Result>, batch: Entry[], attempt: number, error: unknown): Promise<void> {
    const state = sqlState(error);
    if (state === LOCK_NOT_AVAILABLE) return isolate(lane, batch);
    if (state !== undefined && TRY_AGAIN.has(state) && attempt < MAX_TRIES) {
      const again = inTime(batch, WAITED_TOO_LONG);
      return again.length > 0 ? storeBatch(lane, again, attempt + 1) : undefined;
    }
    if (isUnavailable(error) || isRefused(error))
      return rejectAll(batch, new ChatError('UNAVAILABLE', undefined, { cause: withoutValues(error) }));
    if (batch.length === 1) return rejectAll(batch, error);
    // Something in this batch cannot be stored. One by one, it makes nothing else fail.
    for (const entry of batch) {
      const [one] = inTime([entry], WAITED_TOO_LONG);
      if (one) await storeBatch(lane, [one], MAX_TRIES);
    }
  }

  /** Somebody holds the lock of an item in this batch. What it may lock goes on in lanes of their own. */
  function isolate(lane: Lane<Item, Result>, batch: Entry[]): void {
    const names = new Set(batch.map((entry) => entry.lane));
    const behind = lane.queue.filter((entry) => names.has(entry.lane));
    lane.queue = lane.queue.filter((entry) => !names.has(entry.lane));
    for (const entry of inTime([...batch, ...behind], 'The conversation is locked: try again')) {
      laneOf(entry.lane, lane).queue.push(entry);
    }
    for (const next of stuck.values()) if (!next.running) start(next);
  }

  function laneOf(name: string, current: Lane<Item, Result>): Lane<Item, Result> {
    if (current.name === name) return current;
    let lane = stuck.get(name);
    if (!lane) {
      lane = { name, queue: [], running: false };
      stuck.set(name, lane);
    }
    return lane;
  }

  function rejectAll(batch: readonly Entry[], error: unknown): void {
    for (const entry of batch) {
      release(entry);
      entry.reject(error);
    }
  }

  function hold(entry: Entry): void {
    waiting += 1;
    waitingBytes += entry.bytes;
  }

  function release(entry: Entry): void {
    waiting -= 1;
    waitingBytes -= entry.bytes;
  }

  return add;
}
