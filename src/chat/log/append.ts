// Storing messages in groups: see group-commit.ts.
import type { Clock } from '../../backends/clock/clock.ts';
import type { Database } from '../../database/database.ts';
import { ChatError, type ErrorCode } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { stored } from '../messages/changes.ts';
import { createStoreBatch, type Outcome, toMessage } from './append-statement.ts';
import type { LogEvent } from './event.ts';
import { createGroupCommit, type Waiting } from './group-commit.ts';
import { keyOfMessage, logName } from './key.ts';
import type { Append, Appended, Draft, EventSink } from './log.ts';

const MAX_BATCH_ROWS = 512;

/** The outcomes of a draft that stored nothing. */
const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  no_sender: 'UNAUTHORIZED',
  no_channel: 'CHANNEL_NOT_FOUND',
  no_receiver: 'USER_NOT_FOUND',
  no_original: 'MESSAGE_NOT_FOUND',
};

export interface AppendDependencies {
  readonly db: Database;
  readonly sink: EventSink;
  readonly clock: Clock;
  /** Called for each stored batch, with its rows and how long the statement took. */
  readonly onBatch?: (rows: number, milliseconds: number) => void;
}

export function createAppend({ db, sink, clock, onBatch }: AppendDependencies): Append {
  const commit = createGroupCommit({
    clock,
    maxBatchRows: MAX_BATCH_ROWS,
    store: createStoreBatch(db),
    settle,
    onBatch,
  });

  function settle(batch: ReadonlyArray<Waiting<Draft, Appended>>, outcomes: readonly Outcome[]) {
    const events: LogEvent[] = [];
    const repeats: Waiting<Draft, Appended>[] = [];
    for (const [index, waiting] of batch.entries()) {
      const result = outcomes[index] as Outcome;
      if (result.outcome === 'repeat') repeats.push(waiting);
      else settleOne(waiting, result, events);
    }
    if (events.length > 0) sink(events);
    return repeats;
  }

  return (draft, deadline) => commit(draft, logName(keyOfMessage(draft)), draftBytes(draft), deadline);
}

/** Adds the event, if a message was stored. */
function settleOne({ item, resolve, reject }: Waiting<Draft, Appended>, result: Outcome, events: LogEvent[]): void {
  const refusal = REFUSALS[result.outcome];
  if (refusal) return reject(new ChatError(refusal));
  const message = toMessage(item, result);
  const duplicate = result.outcome === 'duplicate';
  resolve({ message, duplicate });
  if (!duplicate) {
    events.push({ key: keyOfMessage(item), change: stored, message, accessVersion: result.accessVersion });
  }
}

/** An estimate, too high for most scripts. The bound of a batch need not be exact. */
function draftBytes({ content }: Draft): number {
  const { text, url, fileName, metadata } = content;
  return (
    64 +
    (metadata ? LIMITS.METADATA_BYTES : 0) +
    2 * ((text?.length ?? 0) + (url?.length ?? 0) + (fileName?.length ?? 0))
  );
}
