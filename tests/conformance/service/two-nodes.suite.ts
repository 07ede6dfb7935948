// What only several nodes can get wrong: one order for all, nothing lost between them, one count of everything.
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type ChatClient, connect, TRANSPORTS } from '../../support/contract-clients.ts';
import { type Target, withService } from '../../support/service-under-test.ts';
import { type Connect, connector, joined } from './kit/live.ts';
import { cast, group, type Person, say } from './kit/people.ts';
import { logFrames, reaches } from './kit/talks.ts';
import type { Stats } from './kit/wire.ts';

export function twoNodesSuite(target: Target): void {
  describe('two nodes', () => {
    const service = withService(target);
    const people = cast(service, 'ann', 'bob');

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connectTo = connector(service, transport);

      test('give every reader everything in one order, whoever writes where', async () => {
        const id = await group(people.ann, people.bob);
        const readers = await readersOf(connectTo, people.ann, people.bob, id);
        await writeFrom(readers, id, 200);
        for (const reader of readers) {
          await reaches(reader, 200);
          expect(logFrames(reader).map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, n) => n + 1));
        }
      });

      test('lose nothing when Redis drops their subscriptions', async () => {
        const id = await group(people.ann, people.bob);
        const readers = await readersOf(connectTo, people.ann, people.bob, id);
        const writing = writeFrom(readers, id, 150);
        const redis = new Redis(service.redis?.url ?? '', { maxRetriesPerRequest: 1 });
        for (let cut = 0; cut < 3; cut++) await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await writing;
        await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
        redis.disconnect();
        // No message follows that could show a node the hole: it has to look by itself.
        for (const reader of readers) {
          await reaches(reader, 150);
          expect(logFrames(reader).map(({ seq }) => seq)).toEqual(Array.from({ length: 150 }, (_, n) => n + 1));
        }
      });
    });

    test('are counted, and each knows the connections of the other', async () => {
      const client = await connect('raw', service.url(1), people.ann);
      await expect
        .poll(async () => (await people.ann.api.get<Stats>('/ws/stats')).data)
        .toMatchObject({ nodes: service.nodes.length, connectedUsers: 1, connections: 1 });
      await client.close();
    });
  });

  describe('a node that dies with users', () => {
    const service = withService(target);
    const people = cast(service, 'ann', 'bob', 'carl');
    const connectTo = connector(service, 'raw');

    test('leaves none of them behind: they become offline, but who comes to another node was never away', async () => {
      const { ann, bob, carl } = people;
      await group(ann, bob, carl);
      const watching = await connectTo(ann, 1);
      for (const who of [bob, carl]) await connectTo(who, 0);
      const user_ids = [bob.id, carl.id];
      await expect
        .poll(async () => (await watching.call('presence.subscribe', { user_ids })).users)
        .toMatchObject([{ status: 'online' }, { status: 'online' }]);
      service.nodes[0]?.signal('SIGKILL');
      const died = Date.now();
      await connectTo(carl, 1);
      const told = () =>
        watching.frames.filter(({ type }) => type === 'presence.changed').map(({ data }) => data.users);
      const gone = { user_id: bob.id, status: 'offline', last_seen_at: expect.any(String) };
      await expect.poll(told, { timeout: 45_000, interval: 200 }).toEqual([[gone]]);
      const [[{ last_seen_at: seen }]] = told() as [[{ last_seen_at: string }]];
      expect(Math.abs(Date.parse(seen) - died)).toBeLessThan(5_000);
    }, 90_000);
  });

  describe('a node that dies', () => {
    const service = withService(target);
    const people = cast(service, 'ann', 'bob');
    const connectTo = connector(service, 'raw');

    test('takes nothing with it: its clients go on at the other from where they were', async () => {
      const id = await group(people.ann, people.bob);
      const [first, second] = [await joined(connectTo, people.ann, id, 0), await joined(connectTo, people.bob, id, 1)];
      await writeFrom([first, second], id, 20);
      await reaches(first, 20);
      service.nodes[0]?.signal('SIGKILL');
      await first.closed;
      await writeFrom([second], id, 10);
      const back = await connectTo(people.ann, 1);
      expect(await back.call('channel.join', { channel_id: id, since: 20 })).toMatchObject({ last_seq: 30 });
      await reaches(back, 30);
      expect(logFrames(back).map(({ seq }) => seq)).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
      await say({ ...people.bob, api: people.bob.elsewhere }, id);
      for (const client of [back, second]) await reaches(client, 31);
    });
  });
}

/** Two connections of each user, one on each node, all live in the channel. */
function readersOf(connectTo: Connect, ann: Person, bob: Person, channelId: number): Promise<ChatClient[]> {
  const everybody = [ann, ann, bob, bob];
  return Promise.all(everybody.map((who, index) => joined(connectTo, who, channelId, index)));
}

/** Writes so many messages at the same time, from all of these clients in turn. */
async function writeFrom(clients: readonly ChatClient[], channelId: number, count: number): Promise<void> {
  const write = (n: number) =>
    clients[n % clients.length]?.call('channel.message', { channel_id: channelId, text: `message ${n}` });
  await Promise.all(Array.from({ length: count }, (_, n) => write(n)));
}
