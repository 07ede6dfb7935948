// Batches: what arrives while a batch gathers joins it, until that batch may leave.

interface BatchesOptions<Batch, Result> {
  /** An empty batch. */
  readonly open: () => Batch;
  /** Whether the batch takes nothing more. */
  readonly isFull?: (batch: Batch) => boolean;
  /** Resolves when a batch may leave: at the end of a turn, some time after the one before, or at once. */
  readonly mayLeave?: (() => Promise<void>) | undefined;
  readonly send: (batch: Batch) => Promise<Result>;
  /** If true, a batch may leave before the one before it was sent. Otherwise one is under way at a time. */
  readonly overlapping?: boolean;
}

/** A batch that gathers, and its outcome. */
interface Gathering<Batch, Result> {
  readonly batch: Batch;
  readonly sent: Promise<Result>;
}

/** Batches leave in the order in which they were opened. A failed batch does not hold up the next. */
export function createBatches<Batch, Result>(options: BatchesOptions<Batch, Result>) {
  const { open, isFull = () => false, mayLeave, send, overlapping = false } = options;
  const unsent = new Set<Batch>();
  let gathering: Gathering<Batch, Result> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  function begin(): Gathering<Batch, Result> {
    const batch = open();
    unsent.add(batch);
    const sent = (overlapping ? Promise.resolve() : last).then(mayLeave).then(() => {
      if (gathering?.batch === batch) gathering = undefined;
      return send(batch).finally(() => unsent.delete(batch));
    });
    last = overlapping ? Promise.allSettled([last, sent]) : sent.catch(() => undefined);
    return { batch, sent };
  }

  return {
    /** The batch that gathers, if there is one. */
    gathering: () => gathering,
    /** The batch that takes what arrives now. Opens one if there is none, or if that is full. */
    current(): Gathering<Batch, Result> {
      if (gathering === undefined || isFull(gathering.batch)) gathering = begin();
      return gathering;
    },
    /** The batches that have not been sent yet, the one under way included. */
    unsent: (): Iterable<Batch> => unsent,
    /** Resolves when all that has arrived so far was sent, successfully or not. */
    settled: () => last,
  };
}
