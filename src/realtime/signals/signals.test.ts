// Who gets signals, with several nodes on one broker.
import { describe, expect, it } from 'vitest';
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createFakeClock } from '../../backends/clock/fake.ts';
import { pairKey, pairNamed } from '../../chat/log/key.ts';
import { decodePublication } from '../cluster/publication.ts';
import { userTopic } from '../cluster/topics.ts';
import { createSignals, SIGNALS } from './signals.ts';

describe('a signal of a pair', () => {
  function make() {
    const memory = createMemoryBroker();
    const broker = {
      ...memory,
      publishToOthers: (topic: string, encode: () => string) => void memory.publish(topic, encode()),
    };
    const clock = createFakeClock();

    function node(nodeId: string, userIds: readonly number[]) {
      const told = userIds.map((): unknown[] => []);
      const owners = (userId: number) =>
        told
          .filter((_frames, at) => userIds[at] === userId)
          .map((frames) => ({ outbox: { lagging: false, push: (frame: unknown) => frames.push(frame) } }));
      const signals = createSignals({
        broker,
        clock,
        nodeId,
        feeds: { get: () => undefined } as never,
        directFeeds: { owners } as never,
      });
      for (const userId of new Set(userIds)) {
        broker.subscribe(userTopic(userId), (payload) => {
          const published = decodePublication(payload, nodeId);
          const pair = published && pairNamed(published.log);
          if (pair && 'frame' in published) signals.receiveOfPair(pair, published);
        });
      }
      return { signals, told: () => told.map((frames) => frames.length) };
    }
    return { a: node('a', [1, 2, 2]), b: node('b', [1, 2, 3]) };
  }
  const data = { channel_id: 1, name: '' };

  it('reaches all connections of the other on every node, and nobody else', () => {
    const { a, b } = make();
    a.signals.publishToOther(pairKey(1, 2), 1, 'channel.updated', data);
    expect([a.told(), b.told()]).toEqual([
      [0, 1, 1],
      [0, 1, 0],
    ]);
  });

  it('to oneself reaches nobody', () => {
    const { a, b } = make();
    a.signals.publishToOther(pairKey(1, 1), 1, 'channel.updated', data);
    expect([...a.told(), ...b.told()]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it('from a user who is not in the pair reaches nobody', () => {
    const { a } = make();
    a.signals.receiveOfPair(pairKey(1, 2), { origin: 'b', log: 'd1.2', exceptUserId: 3, frame: '{"type":"x"}' });
    expect(a.told()).toEqual([0, 0, 0]);
  });
});

it('each kind of frame belongs to one signal', () => {
  const types = SIGNALS.flatMap((signal) => signal.frames.map((frame) => frame.type));
  expect(types).toEqual([...new Set(types)]);
});
