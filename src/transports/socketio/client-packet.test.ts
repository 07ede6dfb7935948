// Reading what clients send: anything is read as some packet.
import { describe, expect, test } from 'vitest';
import { readClientPacket, UNREADABLE } from './client-packet.ts';

const event = (name: string | undefined, payload?: unknown, ackId?: number) => ({
  kind: 'event',
  namespace: '/',
  attachments: 0,
  event: { name, payload, ackId },
});

describe('events', () => {
  test.each([
    ['2["message",{"type":"ping"},1,2]', event('message', { type: 'ping' })],
    ['27["join_channel",{"channel_id":1}]', event('join_channel', { channel_id: 1 }, 7)],
    ['2["authenticate"]', event('authenticate')],
    ['2/admin,["a"]', { ...event('a'), namespace: '/admin' }],
  ])('%s', (text, packet) => {
    expect(readClientPacket(text)).toEqual(packet);
  });

  test.each(['2', '2{"a":1}', '2[', '2[]', '2[1,{}]', '2[null]', '2{]', '3["x"]', '4', '4{}', '', '9["a"]', 'hello'])(
    '%j is unreadable, and no error',
    (text) => {
      expect(readClientPacket(text)).toEqual({ ...event(undefined), event: UNREADABLE });
    },
  );

  test('an unreadable one keeps its acknowledgement id', () => {
    expect(readClientPacket('25[')).toEqual(event(undefined, undefined, 5));
  });

  test('one with attachments is unreadable as a whole', () => {
    expect(readClientPacket('52-3["message",{}]')).toEqual({ ...event(undefined, undefined, 3), attachments: 2 });
  });
});

describe('connections', () => {
  test.each([
    ['0{"token":"x"}', '/', { token: 'x' }],
    ['0', '/', {}],
    ['0/other,', '/other', {}],
    ['0/other?a=b', '/other?a=b', {}],
    ['0[1]', '/', undefined],
    ['0null', '/', undefined],
    ['0"x"', '/', undefined],
    ['0{', '/', undefined],
  ])('%s', (text, namespace, auth) => {
    expect(readClientPacket(text)).toEqual({ kind: 'connect', namespace, auth });
  });

  test.each([
    ['1', '/'],
    ['1/other,', '/other'],
  ])('%s ends', (text, namespace) => {
    expect(readClientPacket(text)).toEqual({ kind: 'disconnect', namespace });
  });
});
