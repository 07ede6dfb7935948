// Who gets signals, with several nodes on one broker.
import { describe, expect, it } from 'vitest';
import { createMemoryBroker } from '../../backends/broker/memory.ts';
import { createFakeClock } from '../../backends/clock/fake.ts';
import { pairKey } from '../../chat/log/key.ts';
import { decodePublication } from '../cluster/publication.ts';
import { userTopic } from '../cluster/topics.ts';
import { createSignals, SIGNALS } from './signals.ts';

const data = { channel_id: 1, name: '' };

/** Two nodes; each has connections of the users that are named, as `a0`, `a1` and so on. */
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
        .map((frames, at) => ({
          id: `${nodeId}${at}`,
          userId: userIds[at],
          outbox: { lagging: false, push: (frame: unknown) => frames.push(frame) },
        }))
        .filter((owner) => owner.userId === userId);
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
        if (published && 'frame' in published) signals.receiveForUser(published);
      });
    }
    return { signals, told: () => told.map((frames) => frames.length) };
  }
  return { a: node('a', [1, 2, 2]), b: node('b', [1, 2, 3]) };
}

describe('a signal of a pair', () => {
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
    a.signals.receiveForUser({ origin: 'b', log: 'd1.2', exceptUserId: 3, frame: '{"type":"x"}' });
    expect(a.told()).toEqual([0, 0, 0]);
  });
});

describe('a signal of one user', () => {
  it('reaches all connections of the user on every node, and nobody else', () => {
    const { a, b } = make();
    a.signals.publishToUser(2, 'channel.updated', data);
    expect([a.told(), b.told()]).toEqual([
      [0, 1, 1],
      [0, 1, 0],
    ]);
  });

  it('does not reach the connection by which the user acted', () => {
    const { a, b } = make();
    a.signals.publishToUser(2, 'channel.updated', data, 'a2');
    expect([a.told(), b.told()]).toEqual([
      [0, 1, 0],
      [0, 1, 0],
    ]);
  });

  it('reaches nobody if it names no user', () => {
    const { a } = make();
    for (const log of ['u:0', 'u:02', 'u:2 ', 'u:', 'u2', 'c2', 'u:-2', 'u:1e0']) {
      a.signals.receiveForUser({ origin: 'b', log, exceptUserId: 0, frame: '{"type":"x"}' });
    }
    expect(a.told()).toEqual([0, 0, 0]);
  });
});

it('each kind of frame belongs to one signal', () => {
  const types = SIGNALS.flatMap((signal) => signal.frames.map((frame) => frame.type));
  expect(types).toEqual([...new Set(types)]);
});
