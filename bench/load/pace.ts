// Work at a steady rate, and waiting.

/** Calls `work` `perSecond` times a second, late calls at once. Returns a function that ends that. */
export function pace(perSecond: number, work: () => void): () => void {
  const started = performance.now();
  let done = 0;
  const timer = setInterval(
    () => {
      const due = Math.floor(((performance.now() - started) * perSecond) / 1000);
      for (; done < due; done++) work();
    },
    Math.max(1, 1000 / perSecond),
  );
  return () => clearInterval(timer);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when it holds, or when the time is over: what has not arrived by then counts as missing. */
export async function settle(holds: () => boolean, longestMs = 10_000): Promise<void> {
  const deadline = performance.now() + longestMs;
  while (!holds() && performance.now() < deadline) await pause(20);
  // Anything that arrives twice arrives now.
  await pause(200);
}
