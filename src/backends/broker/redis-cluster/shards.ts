// Which part of a Redis Cluster a name belongs to: one of 256 shards of neighbouring slots, each with its own hash tag.

const SLOTS = 16_384;

/**
 * Enough shards to spread evenly over the masters. Few enough that all names need few commands, because one command may
 * only name channels of a single slot.
 */
export const SHARDS = 256;

/** The slot of a whole key: CRC-16 (XMODEM) of its bytes, as Redis counts it. */
export function slotOf(key: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(key)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  }
  return crc % SLOTS;
}

/**
 * Each shard's tag is the first number whose slot lies in the shard's part of the slots. So masters with equally many
 * slots have equally many shards, and every node computes the same tags.
 */
export function createShards() {
  const found = new Map<number, { readonly tag: string; readonly slot: number }>();
  for (let number = 0; found.size < SHARDS; number += 1) {
    const tag = String(number);
    const slot = slotOf(tag);
    if (!found.has(shardOfSlot(slot))) found.set(shardOfSlot(slot), { tag, slot });
  }
  const at = (shard: number) => found.get(shard) as { tag: string; slot: number };
  return {
    /** The shard of a name. */
    of: (name: string) => shardOfSlot(slotOf(name)),
    /** The text between braces in the keys of a shard. */
    tag: (shard: number) => at(shard).tag,
    /** The slot of those keys. */
    slot: (shard: number) => at(shard).slot,
  };
}

function shardOfSlot(slot: number): number {
  return Math.floor((slot * SHARDS) / SLOTS);
}
