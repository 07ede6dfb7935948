// Waits for a state that no event announces.

/** Asks repeatedly until the answer is yes. Rejects after `patienceMs`, with the last error if there was one. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, patienceMs = 15_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let cause: unknown;
  for (;;) {
    try {
      if (await holds()) return;
    } catch (error) {
      cause = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`, { cause });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
