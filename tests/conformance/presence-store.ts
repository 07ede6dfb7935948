// What every presence store does, wherever it keeps it: the duties that its interface states.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PresenceStore } from '../../src/backends/presence/presence-store.ts';
import { LIMITS } from '../../src/protocol/limits.ts';

/** Starts so many nodes more on one presence, each with its first heartbeat behind it. */
export type StartNodes = (count: number) => Promise<readonly PresenceStore[]>;

export interface PresenceTarget {
  readonly name: string;
  /** A presence that nobody else is in. */
  begin(): StartNodes;
}

const CROWD = LIMITS.ANNOUNCED_USERS_MAX;

export function describePresence({ name, begin }: PresenceTarget, several: boolean): void {
  describe(`presence: ${name}`, () => {
    const open: PresenceStore[] = [];
    let start: StartNodes;
    beforeEach(() => {
      start = begin();
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((store) => store.close()));
    });

    async function nodes(count: number): Promise<[PresenceStore, PresenceStore]> {
      const stores = await start(count);
      open.push(...stores);
      return [stores[0] as PresenceStore, stores.at(-1) as PresenceStore];
    }

    async function enterMany(store: PresenceStore, channelId: number, first: number, count: number): Promise<void> {
      const userIds = Array.from({ length: count }, (_, index) => first + index);
      await Promise.all(userIds.map((userId) => store.enter(channelId, userId)));
    }

    test('knows connected users, in ascending order, until they are gone', async () => {
      const [store] = await nodes(1);
      for (const userId of [30, 4, 100]) await store.setConnected(userId, true);
      expect(await store.users()).toEqual([4, 30, 100]);
      await store.setConnected(30, false);
      expect(await store.users()).toEqual([4, 100]);
    });

    test('knows as what users are connected, until they are gone', async () => {
      const [store] = await nodes(1);
      for (const userId of [4, 5, 6]) await store.setConnected(userId, true);
      await store.setStatus(5, 'away');
      await store.setStatus(6, 'offline');
      const ask = async () => [...(await store.statuses([6, 5, 4, 9]))].sort(([a], [b]) => a - b);
      expect(await ask()).toEqual([
        [4, 'online'],
        [5, 'away'],
        [6, 'offline'],
      ]);
      await store.setStatus(6, 'away');
      await store.setStatus(5, 'online');
      await store.setConnected(4, false);
      expect(await ask()).toEqual([
        [5, 'online'],
        [6, 'away'],
      ]);
      await store.setConnected(6, false);
      await store.setConnected(6, true);
      expect(await ask()).toEqual([
        [5, 'online'],
        [6, 'online'],
      ]);
      expect(await store.statuses([])).toEqual(new Map());
      // A status is of somebody who is there: nobody else is found by it.
      await store.setConnected(5, false);
      expect([...(await store.statuses([4, 5, 6])).keys()]).toEqual([6]);
    });

    test('knows the status of thousands', async () => {
      const [store] = await nodes(1);
      const ids = Array.from({ length: 3_000 }, (_, index) => index + 1);
      await Promise.all(ids.slice(0, 2_500).map((id) => store.setConnected(id, true)));
      await Promise.all(ids.slice(1_500, 2_500).map((id) => store.setStatus(id, 'away')));
      const statuses = await store.statuses(ids);
      expect(statuses.size).toBe(2_500);
      expect([1, 1_500, 1_501, 2_500, 2_501].map((id) => statuses.get(id))).toEqual([
        'online',
        'online',
        'away',
        'away',
        undefined,
      ]);
    });

    test('knows who is live in a channel', async () => {
      const [store] = await nodes(1);
      for (const userId of [30, 4, 100]) await store.enter(7, userId);
      await store.enter(8, 5);
      expect(await store.members(7)).toEqual([4, 30, 100]);
      await store.leave(7, 30);
      expect(await store.members(7)).toEqual([4, 100]);
      expect(await store.members(9)).toEqual([]);
    });

    test('entering and leaving is an edge for a user who is nowhere else', async () => {
      const [store] = await nodes(1);
      expect(await store.enter(7, 4)).toEqual({ edge: true, crowded: false });
      expect(await store.leave(7, 4)).toEqual({ edge: true, crowded: false });
    });

    test(`is crowded with more than ${CROWD} users, those who come or go included`, async () => {
      const [store] = await nodes(1);
      await enterMany(store, 7, 1, CROWD - 1);
      expect((await store.enter(7, 1_000)).crowded).toBe(false);
      expect((await store.enter(7, 1_001)).crowded).toBe(true);
      expect((await store.leave(7, 1_001)).crowded).toBe(true);
      expect((await store.leave(7, 1_000)).crowded).toBe(false);
      expect(await store.members(7)).toHaveLength(CROWD - 1);
    });

    test('says whether a channel is crowded without a change of it', async () => {
      const [store] = await nodes(1);
      await enterMany(store, 7, 1, CROWD);
      expect([await store.crowded(7), await store.crowded(8)]).toEqual([false, false]);
      await store.enter(7, 1_000);
      expect([await store.crowded(7), await store.crowded(8)]).toEqual([true, false]);
      expect(await store.members(7)).toHaveLength(CROWD + 1);
      expect(await store.members(8)).toEqual([]);
    });

    test('counts users, connections, nodes and the members of channels with somebody in them', async () => {
      const [store] = await nodes(1);
      await store.setConnected(4, true);
      await store.setConnected(5, true);
      await store.enter(7, 4);
      await store.enter(7, 5);
      await store.enter(8, 4);
      await store.enter(9, 4);
      await store.leave(9, 4);
      await store.heartbeat(3);
      const { channels, ...numbers } = await store.stats();
      expect(numbers).toEqual({ connectedUsers: 2, connections: 3, nodes: 1 });
      expect([...channels].sort((a, b) => a.channelId - b.channelId)).toEqual([
        { channelId: 7, memberCount: 2 },
        { channelId: 8, memberCount: 1 },
      ]);
      expect(await store.nodes()).toHaveLength(1);
    });

    test('a user who comes and goes in one turn is gone', async () => {
      const [store] = await nodes(1);
      await Promise.all([
        store.setConnected(4, true),
        store.enter(7, 4),
        store.leave(7, 4),
        store.setConnected(4, false),
      ]);
      expect(await store.members(7)).toEqual([]);
      expect(await store.users()).toEqual([]);
      expect((await store.stats()).channels).toEqual([]);
    });

    if (several) {
      test('a user on two nodes is one user, and no edge while the other node has them', async () => {
        const [a, b] = await nodes(3);
        await a.setConnected(4, true);
        await b.setConnected(4, true);
        expect((await a.enter(7, 4)).edge).toBe(true);
        expect((await b.enter(7, 4)).edge).toBe(false);
        expect(await a.users()).toEqual([4]);
        expect(await a.members(7)).toEqual([4]);
        expect((await a.leave(7, 4)).edge).toBe(false);
        expect(await a.members(7)).toEqual([4]);
        expect((await b.leave(7, 4)).edge).toBe(true);
        expect(await b.members(7)).toEqual([]);
        await a.setConnected(4, false);
        expect(await a.users()).toEqual([4]);
      });

      test('a user on several nodes is the most present that one of them says', async () => {
        const [a, b] = await nodes(3);
        for (const store of [a, b]) await store.setConnected(4, true);
        const ask = async () => (await a.statuses([4])).get(4);
        await a.setStatus(4, 'offline');
        expect(await ask()).toBe('online');
        await b.setStatus(4, 'away');
        expect(await ask()).toBe('away');
        await b.setConnected(4, false);
        expect(await ask()).toBe('offline');
        await a.setConnected(4, false);
        expect(await ask()).toBeUndefined();
      });

      test('a node sees at once what another one reports that has just started', async () => {
        const [old] = await nodes(1);
        const [fresh] = await nodes(1);
        await fresh.setConnected(4, true);
        await fresh.enter(7, 4);
        expect((await old.enter(7, 4)).edge).toBe(false);
        expect(await old.users()).toContain(4);
        expect(await old.nodes()).toHaveLength(2);
      });

      test('counts over all nodes, each user once', async () => {
        const [a, b] = await nodes(2);
        for (const [store, userIds] of [
          [a, [1, 2, 3]],
          [b, [3, 4]],
        ] as const) {
          for (const userId of userIds) {
            await store.setConnected(userId, true);
            await store.enter(7, userId);
          }
        }
        await b.enter(8, 4);
        await a.heartbeat(5);
        await b.heartbeat(2);
        const { channels, ...numbers } = await a.stats();
        expect(numbers).toEqual({ connectedUsers: 4, connections: 7, nodes: 2 });
        expect([...channels].sort((x, y) => x.channelId - y.channelId)).toEqual([
          { channelId: 7, memberCount: 4 },
          { channelId: 8, memberCount: 1 },
        ]);
      });

      test('crowds are counted over all nodes, each user once', async () => {
        const [a, b] = await nodes(2);
        await enterMany(a, 7, 1, 200);
        await enterMany(b, 7, 1, 200);
        expect((await b.enter(7, 200)).crowded).toBe(false);
        await enterMany(b, 7, 201, CROWD - 200);
        expect((await a.enter(7, CROWD)).crowded).toBe(false);
        expect((await a.enter(7, CROWD + 1)).crowded).toBe(true);
        expect((await b.leave(7, CROWD)).crowded).toBe(true);
      });

      test('a node that closes takes all that it reported with it', async () => {
        const [a, b] = await nodes(2);
        await b.setConnected(4, true);
        await b.enter(7, 4);
        await b.close();
        expect(await a.users()).toEqual([]);
        expect(await a.members(7)).toEqual([]);
        expect((await a.enter(7, 4)).edge).toBe(true);
        expect(await a.nodes()).toHaveLength(1);
        await a.heartbeat(1);
        expect(await a.stats()).toEqual({
          connectedUsers: 0,
          connections: 1,
          nodes: 1,
          channels: [{ channelId: 7, memberCount: 1 }],
        });
      });
    }
  });
}
