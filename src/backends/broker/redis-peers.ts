// Whether other nodes listen at all: a node that is alone keeps its publications to itself, which saves it and Redis the
// work for each. Sound whatever is seen late: what was kept while another node came is told to all as a loss.

const LOOK_MS = 1_000;

export interface Peers {
  /** To be asked once for each publication: true where it is to stay here, for no other node can hear it. */
  keeps(): boolean;
  /** Somebody came, or may have. */
  stir(): void;
  close(): void;
}

export interface PeersOptions {
  /** How many nodes listen, this one included; rejects or gives 0 where that cannot be told. */
  readonly countNodes: () => Promise<number>;
  /** Others may have missed what this node kept to itself. */
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
    // A count that was under way while somebody came may be older than that.
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
