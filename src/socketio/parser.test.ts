// What becomes of what clients send: an event each, whatever it is, and a closed connection only where none was opened.
import { describe, expect, test } from 'vitest';
import { type ClientEvent, parser } from './parser.ts';

function decode(...data: unknown[]): unknown[] {
  const decoder = new parser.Decoder();
  const packets: unknown[] = [];
  decoder.on('decoded', (packet) => packets.push(packet));
  for (const part of data) decoder.add(part);
  return packets;
}

function events(...data: unknown[]): ClientEvent[] {
  return decode(...data).map((packet) => (packet as { data: [string, ClientEvent] }).data[1]);
}

const UNREADABLE = { name: undefined, payload: undefined, ackId: undefined };

describe('events', () => {
  test('carry their first argument and the acknowledgement id', () => {
    expect(decode('2["message",{"type":"ping"},1,2]')).toEqual([
      { type: 2, nsp: '/', data: ['client', { name: 'message', payload: { type: 'ping' }, ackId: undefined }] },
    ]);
    expect(events('27["join_channel",{"channel_id":1}]')).toEqual([
      { name: 'join_channel', payload: { channel_id: 1 }, ackId: 7 },
    ]);
    expect(events('2["authenticate"]')).toEqual([{ name: 'authenticate', payload: undefined, ackId: undefined }]);
  });

  test.each(['2', '2{"a":1}', '2[', '2[]', '2[1,{}]', '2[null]', '2{]', '3["x"]', '4', '4{}', '', '9["a"]', 'hello'])(
    '%j is unreadable, and no error',
    (text) => {
      expect(events(text)).toEqual([UNREADABLE]);
    },
  );

  test('an unreadable one keeps its acknowledgement id', () => {
    expect(events('25[')).toEqual([{ ...UNREADABLE, ackId: 5 }]);
  });
});

describe('binary', () => {
  test('an event with attachments is unreadable as a whole, what follows is not', () => {
    const packets = events('52-3["message",{}]', Buffer.from('a'), Buffer.from('b'), '2["message",{}]');
    expect(packets).toEqual([
      { ...UNREADABLE, ackId: 3 },
      { name: 'message', payload: {}, ackId: undefined },
    ]);
  });

  test('attachments that nobody announced are unreadable one by one', () => {
    expect(events('51-["message",{}]', Buffer.from('a'), Buffer.from('b'), { base64: true })).toEqual([
      UNREADABLE,
      UNREADABLE,
      UNREADABLE,
    ]);
  });
});

describe('connections', () => {
  test('connect with an object or with nothing', () => {
    expect(decode('0{"token":"x"}', '0', '0/other,')).toEqual([
      { type: 0, nsp: '/', data: { token: 'x' } },
      { type: 0, nsp: '/', data: undefined },
      { type: 0, nsp: '/other', data: undefined },
    ]);
  });

  test.each(['0[1]', '0null', '0"x"', '0{'])('%j does not connect', (text) => {
    expect(() => decode(text)).toThrow();
  });

  test('disconnect', () => {
    expect(decode('1')).toEqual([{ type: 1, nsp: '/', data: undefined }]);
  });
});

test('packets of the library itself', () => {
  const encoder = new parser.Encoder();
  expect(encoder.encode({ type: 0, nsp: '/', data: { sid: 'x' } })).toEqual(['0{"sid":"x"}']);
  expect(encoder.encode({ type: 1, nsp: '/' })).toEqual(['1']);
  expect(encoder.encode({ type: 4, nsp: '/other', data: { message: 'no' } })).toEqual(['4/other,{"message":"no"}']);
});
