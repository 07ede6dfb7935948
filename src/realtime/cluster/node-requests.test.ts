// Requests of other nodes: valid ones are carried out, and nothing else that comes over the bus is, or throws.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NodeParts } from './node-request.ts';
import { carryOut, NODE_REQUESTS, type NodeRequest } from './node-requests.ts';

/** One of each. */
const REQUESTS: readonly NodeRequest[] = [
  { type: 'channel.added', userIds: [1, 2], channel: { id: 3, name: 'tea', type: 'group', ownerId: 1 } },
  { type: 'channel.updated', channelId: 3, name: 'tea' },
  { type: 'channel.deleted', channelId: 3 },
  { type: 'member.removed', channelId: 3, userId: 1 },
  { type: 'admin.message', channelId: 3, message: 'hello', kind: 'admin' },
  { type: 'disconnect', userId: 1 },
  { type: 'count.connections' },
  { type: 'count.user', userId: 1 },
];

/** A node where three connections read the one channel; two are user 1's. */
function node() {
  const told: unknown[] = [];
  const closed: number[] = [];
  const owner = { outbox: { push: (frame: unknown) => told.push(frame) }, close: (code: number) => closed.push(code) };
  const parts = {
    feeds: { get: (channelId: number) => (channelId === 3 ? {} : undefined) },
    directFeeds: { owners: (userId: number) => (userId === 1 ? [owner, owner] : []) },
    signals: {
      frame: (type: string, data: object) => ({ type, data }),
      send(_channelId: number, type: string, data: object) {
        told.push({ type, data });
        return 3;
      },
    },
    revokeAccess: { all: () => 3, user: (_channelId: number, userId: number) => (userId === 1 ? 2 : 0) },
    tracker: { connections: () => 12 },
    clock: { now: () => 5 },
    connectionsOf: (userId: number) => (userId === 1 ? 2 : 0),
  } as unknown as NodeParts;
  return { parts, told, closed };
}

describe('a request of another node', () => {
  it('is known for each type', () => {
    expect(REQUESTS.map(({ type }) => type).toSorted()).toEqual(NODE_REQUESTS.map(({ type }) => type).toSorted());
  });

  it.each([
    ['channel.added', 2],
    ['channel.updated', 3],
    ['channel.deleted', 3],
    ['member.removed', 2],
    ['admin.message', 3],
    ['disconnect', 2],
    ['count.connections', 12],
    ['count.user', 2],
  ])('%s is carried out, even with fields of another version, and counts %i', (type, count) => {
    const request = REQUESTS.find((one) => one.type === type);
    expect(carryOut(node().parts, { ...request, more: {} })).toBe(count);
  });

  it('sends what it is about', () => {
    const { parts, told, closed } = node();
    for (const request of REQUESTS) carryOut(parts, request);
    const added = { type: 'channel.added', data: { channel_id: 3, name: 'tea', type: 'group', owner_id: 1 } };
    const updated = { type: 'channel.updated', data: { channel_id: 3, name: 'tea' } };
    const said = { type: 'admin.message', data: { channel_id: 3, message: 'hello', type: 'admin', timestamp: 5 } };
    expect(told).toEqual([added, added, updated, said]);
    expect(closed).toEqual([4403, 4403]);
  });

  it.each(REQUESTS)('$type is ignored without one of its fields, or with one of another type', (request) => {
    for (const name of Object.keys(request)) {
      for (const value of [undefined, null, true, 1.5, {}, [null], { length: 1 }]) {
        const garbled = { ...request, [name]: value };
        expect(carryOut(node().parts, garbled), `${name}: ${JSON.stringify(value)}`).toBeUndefined();
      }
    }
  });

  it.each(['channel.forked', 'toString', '__proto__', ''])('of the type %j is unknown', (type) => {
    expect(carryOut(node().parts, { type, channelId: 3 })).toBeUndefined();
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(carryOut(node().parts, value)).toBeUndefined();
      }),
    );
  });
});
