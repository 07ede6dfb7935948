// Two deployments on one Redis: ids of channels, users and messages begin with 1 in both, and neither hears of the other.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, register } from '../conformance/service/kit/people.ts';
import type { Channel } from '../conformance/service/kit/wire.ts';
import { type ChatClient, connect } from '../support/contract-clients.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { clusterTarget, type Service } from '../support/service-under-test.ts';

const MESSAGES = 5;

interface Deployment {
  readonly service: Service;
  readonly ann: Person;
  readonly bob: Person;
  readonly channelId: number;
  readonly reader: ChatClient;
}

let redis: RedisServer;
const deployments: Deployment[] = [];

async function deploy(name: string): Promise<Deployment> {
  const service = await clusterTarget(['node', 'node']).start({ REDIS_URL: redis.url });
  const ann = await register(service, `${name}-ann`);
  const bob = await register(service, `${name}-bob`);
  const { data } = await ann.api.post<Channel>('/channels', { type: 'group', name, userIds: [bob.id] });
  const reader = await connect('raw', service.url(1), { token: bob.token });
  await reader.call('channel.join', { channel_id: data.id });
  return { service, ann, bob, channelId: data.id, reader };
}

beforeAll(async () => {
  redis = await startRedis();
  for (const name of ['x', 'y']) deployments.push(await deploy(name));
}, 180_000);
afterAll(async () => {
  for (const { reader, service } of deployments) {
    await reader.close();
    await service.stop();
  }
  await redis.stop();
});

describe('two deployments on one Redis', () => {
  test('have the same ids, and each reader hears its own messages, all of them, and no others', async () => {
    const [x, y] = deployments as [Deployment, Deployment];
    expect([x.ann.id, x.bob.id, x.channelId]).toEqual([y.ann.id, y.bob.id, y.channelId]);
    for (let n = 1; n <= MESSAGES; n += 1) {
      for (const [name, { ann, bob, channelId }] of [['x', x] as const, ['y', y] as const]) {
        expect((await ann.api.post('/messages', { channelId, text: `${name} ${n}` })).status).toBe(201);
        expect((await ann.api.post('/messages', { receiverId: bob.id, text: `${name} ${n}, private` })).status).toBe(
          201,
        );
      }
    }
    for (const [name, { reader }] of [['x', x] as const, ['y', y] as const]) {
      await reader.next(({ data }) => data.text === `${name} ${MESSAGES}`);
      await reader.next(({ data }) => data.text === `${name} ${MESSAGES}, private`);
      const texts = (type: string) => reader.frames.filter((frame) => frame.type === type).map(({ data }) => data.text);
      const numbers = Array.from({ length: MESSAGES }, (_, at) => at + 1);
      expect(texts('channel.message')).toEqual(numbers.map((n) => `${name} ${n}`));
      expect(texts('direct.message')).toEqual(numbers.map((n) => `${name} ${n}, private`));
    }
  });

  test('count who is live for themselves', async () => {
    for (const { ann } of deployments) {
      expect((await ann.api.get<{ nodes: number; connections: number }>('/ws/stats')).data).toMatchObject({
        nodes: 2,
        connectedUsers: 1,
        connections: 1,
      });
    }
  });
});
