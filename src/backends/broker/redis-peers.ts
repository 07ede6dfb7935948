// Whether other nodes listen at all. A single node keeps its publications to itself, which saves it and Redis work.
// Noticing another node late is safe: what was kept back until then is reported to all as a loss.

const LOOK_MS = 1_000;

export interface Peers {
  /** Called once for each publication. True if it stays here, because no other node can hear it. */
  keeps(): boolean;
  /** Another node has come, or may have. */
  stir(): void;
  close(): void;
}

export interface PeersOptions {
  /** How many nodes listen, including this one. Rejects or returns 0 if unknown. */
  readonly countNodes: () => Promise<number>;
  /** Called if others may have missed what this node kept to itself. */
  readonly onLoss: () => void;
}

export function createPeers({ countNodes, onLoss }: PeersOptions): Peers {
  let alone = false;
  let kept = false;
  let stirs = 0;

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
    keeps() {
      kept ||= alone;
      return alone;
    },
    stir,
    close: () => clearInterval(timer),
  };
}
