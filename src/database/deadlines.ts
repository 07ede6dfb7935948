// Time limits for many short things at once: one timer for all, running only while something is under way.

/** Calls `expire` once when `limitMs` (asked again each time) has passed, unless the returned `stop` was called before. */
export type StartDeadline = (limitMs: () => number, expire: () => void) => () => void;

interface Entry {
  readonly startedAt: number;
  readonly limitMs: () => number;
  readonly expire: () => void;
}

/** `stepMs` is how late a deadline may be noticed. */
export function createDeadlines(stepMs: number): StartDeadline {
  const entries = new Set<Entry>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function watch(): void {
    if (timer === undefined && entries.size > 0) timer = setTimeout(check, stepMs);
  }

  function check(): void {
    timer = undefined;
    const now = performance.now();
    for (const entry of entries) {
      if (now - entry.startedAt < entry.limitMs()) continue;
      entries.delete(entry);
      entry.expire();
    }
    watch();
  }

  return (limitMs, expire) => {
    const entry = { startedAt: performance.now(), limitMs, expire };
    entries.add(entry);
    watch();
    return () => entries.delete(entry);
  };
}
