import { describe, expect, it } from 'vitest';
import { type ConnectionLimits, createConnectionLimits } from './connection-limits.ts';

/** Nodes that can ask each other. */
function nodes(count: number, options: { perUser: number; perAddress?: number }) {
  let asked = 0;
  const all: ConnectionLimits[] = Array.from({ length: count }, () =>
    createConnectionLimits({
      perAddress: 0,
      ...options,
      async countEverywhere(userId) {
        asked += 1;
        return all.reduce((sum, node) => sum + node.ofUser(userId), 0);
      },
    }),
  );
  return { all, asked: () => asked };
}

describe('connections of one user', () => {
  it.each([1, 3, 16])('are bounded over %d nodes together', async (count) => {
    const { all } = nodes(count, { perUser: 40 });
    let taken = 0;
    for (let at = 0; at < 100; at += 1) {
      const place = await all[at % count]?.takeUser(7).catch(() => undefined);
      if (place) taken += 1;
    }
    expect(taken).toBe(40);
    await expect(all[0]?.takeUser(7)).rejects.toMatchObject({ code: 'RATE_LIMITED', retryAfterMs: expect.any(Number) });
    await expect(all[0]?.takeUser(8)).resolves.toBeDefined();
  });

  it('make room once when they end', async () => {
    const [node] = nodes(1, { perUser: 2 }).all;
    const first = await node?.takeUser(7);
    await node?.takeUser(7);
    await expect(node?.takeUser(7)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    first?.release();
    first?.release();
    await node?.takeUser(7);
    await expect(node?.takeUser(7)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });

  it('ask no other node while they are few, and have no limit with 0', async () => {
    const few = nodes(2, { perUser: 200 });
    for (let at = 0; at < 12; at += 1) await few.all[0]?.takeUser(7);
    expect(few.asked()).toBe(0);
    const unbounded = nodes(1, { perUser: 0 });
    for (let at = 0; at < 500; at += 1) await unbounded.all[0]?.takeUser(7);
    expect(unbounded.asked()).toBe(0);
  });
});

describe('connections of one address that have not signed in', () => {
  it('are bounded until they sign in or end', () => {
    const [node] = nodes(1, { perUser: 0, perAddress: 2 }).all;
    const places = [node?.takeAddress('192.0.2.1'), node?.takeAddress('192.0.2.1')];
    expect(() => node?.assertAddress('192.0.2.1')).toThrow(expect.objectContaining({ code: 'RATE_LIMITED' }));
    node?.assertAddress('192.0.2.2');
    places[0]?.release();
    node?.assertAddress('192.0.2.1');
  });
});
