// Shards spread evenly, and slots are the ones that Redis computes (checked against a server in tests/conformance).
import { describe, expect, test } from 'vitest';
import { createShards, SHARDS, slotOf } from './shards.ts';

describe('slots', () => {
  test('are those of the Redis Cluster specification', () => {
    // CRC-16 of "123456789" is 0x31C3.
    expect(slotOf('123456789')).toBe(0x31c3 % 16_384);
    expect(slotOf('')).toBe(0);
    expect(slotOf('naïve 🙂')).toBeLessThan(16_384);
  });
});

describe('shards', () => {
  const shards = createShards();

  test('take equal and neighbouring parts of the slots', () => {
    for (let shard = 0; shard < SHARDS; shard += 1) {
      expect(shards.slot(shard)).toBe(slotOf(shards.tag(shard)));
      expect(Math.floor(shards.slot(shard) / 64)).toBe(shard);
    }
  });

  test('get their share of names', () => {
    const names = Array.from({ length: 25_600 }, (_, index) => `t:c:${index}`);
    const sizes = new Array<number>(SHARDS).fill(0);
    for (const name of names) sizes[shards.of(name)] = (sizes[shards.of(name)] ?? 0) + 1;
    expect(Math.min(...sizes)).toBeGreaterThan(50);
    expect(Math.max(...sizes)).toBeLessThan(200);
  });
});
