// Things that leave together: what comes while a batch gathers joins it, until it may leave.

export interface BatchesOptions<Batch, Result> {
  /** An empty batch. */
  readonly open: () => Batch;
  /** Whether nothing more goes into it. */
  readonly isFull?: (batch: Batch) => boolean;
  /** Resolves when a batch may leave: the end of a turn, some distance from the one before, or at once. */
  readonly mayLeave?: (() => Promise<void>) | undefined;
  readonly send: (batch: Batch) => Promise<Result>;
  /** A batch leaves whether or not the one before it was sent; else one is under way at a time. */
  readonly overlapping?: boolean;
}

/** A batch that gathers, and what becomes of it. */
export interface Gathering<Batch, Result> {
  readonly batch: Batch;
  readonly sent: Promise<Result>;
}

export interface Batches<Batch, Result> {
  /** The batch that gathers, if there is one. */
  gathering(): Gathering<Batch, Result> | undefined;
  /** The batch that what comes now goes into: opened if there is none, or if that is full. */
  current(): Gathering<Batch, Result>;
  /** The batches that have not been sent yet, the one under way included. */
  unsent(): Iterable<Batch>;
  /** Resolves when all that has come so far was sent, whether or not that failed. */
  settled(): Promise<unknown>;
}

/** Batches leave in the order in which they came; the failure of one keeps no other from its turn. */
export function createBatches<Batch, Result>(options: BatchesOptions<Batch, Result>): Batches<Batch, Result> {
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
    gathering: () => gathering,
    current() {
      if (gathering === undefined || isFull(gathering.batch)) gathering = begin();
      return gathering;
    },
    unsent: () => unsent,
    settled: () => last,
  };
}
