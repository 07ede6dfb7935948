// Flushes once per turn of the event loop: feeds hand out first, then each connection writes once.

export interface Flushable {
  flush(): void;
}

export interface FlushScheduler {
  /** `feed.flush()` is called at the end of this turn, once. */
  feed(feed: Flushable): void;
  /** `outbox.flush()` is called at the end of this turn, once, after all feeds. */
  outbox(outbox: Flushable): void;
}

/** `defer` calls back after the current turn: its I/O callbacks and promise reactions. */
export function createFlushScheduler(defer: (run: () => void) => void): FlushScheduler {
  let feeds: Flushable[] = [];
  let outboxes: Flushable[] = [];
  let scheduled = false;

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    defer(run);
  }

  function run(): void {
    const flushing = feeds;
    feeds = [];
    for (const feed of flushing) feed.flush();
    const writing = outboxes;
    outboxes = [];
    scheduled = false;
    for (const outbox of writing) outbox.flush();
  }

  return {
    feed(feed) {
      feeds.push(feed);
      schedule();
    },
    outbox(outbox) {
      outboxes.push(outbox);
      schedule();
    },
  };
}
