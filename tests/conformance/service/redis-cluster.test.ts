// Two nodes on PostgreSQL and a Redis Cluster of three masters: as on one Redis, also while a master is away.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ChatClient, ServerFrame } from '../../support/contract-clients.ts';
import { type RedisCluster, type RedisServer, startRedisCluster } from '../../support/redis.ts';
import { clusterTarget, type Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { group, type Person, register, say } from './kit/people.ts';
import { send } from './kit/rest.ts';
import { logFrames, reaches } from './kit/talks.ts';
import type { Stats } from './kit/wire.ts';

let redis: RedisCluster;
let service: Service;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  redis = await startRedisCluster();
  service = await clusterTarget().start({ REDIS_URL: redis.nodes.map(({ url }) => url).join(',') });
  [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
}, 60_000);
afterAll(async () => {
  await service?.stop();
  await redis?.stop();
});

const running: Pick<Service, 'url'> = { url: (index) => service.url(index) };
const connectTo = connector(running as Service, 'raw');

const numbers = (client: ChatClient): (number | undefined)[] => logFrames(client).map(({ seq }) => seq);
const upTo = (last: number): number[] => Array.from({ length: last }, (_, index) => index + 1);

/** So many messages, from both nodes in turn. */
async function write(clients: readonly ChatClient[], channelId: number, count: number): Promise<void> {
  await Promise.all(
    upTo(count).map((n) =>
      clients[n % clients.length]?.call('channel.message', { channel_id: channelId, text: `message ${n}` }),
    ),
  );
}

/** Ann on the first node, Bob on the second. */
async function both(channelId: number): Promise<[ChatClient, ChatClient]> {
  return [await joined(connectTo, ann, channelId, 0), await joined(connectTo, bob, channelId, 1)];
}

async function expectRemoval(): Promise<void> {
  const id = await group(ann, bob);
  const here = await joined(connectTo, ann, id);
  const removed = [await joined(connectTo, bob, id, 0), await joined(connectTo, bob, id, 1)];
  expect((await ann.api.delete(`/channels/${id}/users?userId=${bob.id}`)).status).toBe(200);
  await say(ann, id, 'not for Bob');
  await settled(id, ann, here);
  for (const client of removed) {
    await client.next(({ type, data }) => type === 'channel.leave' && data.user_id === bob.id);
    expect(framesOf(client, 'channel.message', id)).toEqual([]);
  }
}

describe('two nodes on a Redis Cluster', () => {
  test('two clients on different nodes see each other, everything once and in order', async () => {
    const id = await group(ann, bob);
    const clients = await both(id);
    await write(clients, id, 40);
    for (const client of clients) {
      await reaches(client, 40);
      expect(numbers(client)).toEqual(upTo(40));
    }
    await expect
      .poll(async () => (await ann.elsewhere.get<Stats>('/ws/stats')).data)
      .toMatchObject({ nodes: 2, connectedUsers: 2, channelMembers: [{ channelId: id, memberCount: 2 }] });
  });

  test('a removal holds on both nodes', () => expectRemoval());

  test('who is there is told on both nodes', async () => {
    await group(ann, bob);
    const watching = [await connectTo(ann, 0), await connectTo(ann, 1)];
    const bobs = await connectTo(bob, 1);
    for (const client of watching) await client.call('presence.subscribe', { user_ids: [bob.id] });
    for (const status of ['away', 'online', 'offline']) {
      await bobs.call('presence.set', { status });
      const shown = { user_id: bob.id, status };
      for (const client of watching) {
        const isSo = ({ type, data }: ServerFrame) =>
          type === 'presence.changed' && JSON.stringify(data.users).includes(`"${status}"`);
        expect((await client.next(isSo)).data.users).toEqual([expect.objectContaining(shown)]);
      }
    }
  });

  test('a master dies and comes back: everybody gets everything, removals hold, and all is as before', async () => {
    const [first] = redis.nodes as [RedisServer];
    const ids = await Promise.all(upTo(12).map(() => group(ann, bob)));
    const clients = await Promise.all(ids.map((id) => both(id)));
    await first.kill();
    await Promise.all(ids.map((id, index) => write(clients[index] ?? [], id, 10)));
    for (const client of clients.flat()) await reaches(client, 10);
    await expectRemoval();
    expect((await send(`${service.url(0)}/ready`)).status).toBe(200);
    await first.restart();
    await expect.poll(async () => (await ann.elsewhere.get('/ws/stats')).status, { timeout: 15_000 }).toBe(200);
    await Promise.all(ids.map((id, index) => write(clients[index] ?? [], id, 10)));
    for (const client of clients.flat()) {
      await reaches(client, 20);
      expect(numbers(client)).toEqual(upTo(20));
    }
  }, 60_000);
});
