// Whether other nodes listen at all. A single node keeps its publications to itself, which saves it and Redis work.
// Noticing another node late is safe: what was kept back until then is reported to all as a loss.

const LOOK_MS = 1_000;

/**
 * `countNodes`: how many nodes listen, including this one. Rejects or returns 0 if unknown. `onLoss` is called if others
 * may have missed what this node kept to itself.
 */
export function createPeers(countNodes: () => Promise<number>, onLoss: () => void) {
  let alone = false;
  let kept = false;
  let stirs = 0;

  /** Another node has come, or may have. */
  function stir(): void {
    stirs += 1;
    alone = false;
    if (kept) onLoss();
    kept = false;
  }

  async function look(): Promise<void> {
    const before = stirs;
    const nodes = await countNodes().catch(() => 0);
    // If another node came during the count, the count may be older than that.
    if (nodes === 1) alone = stirs === before;
    else stir();
  }

  const timer = setInterval(() => void look(), LOOK_MS);
  return {
    /** Called once for each publication. True if it stays here, because no other node can hear it. */
    keeps(): boolean {
      kept ||= alone;
      return alone;
    },
    stir,
    close: () => clearInterval(timer),
  };
}
