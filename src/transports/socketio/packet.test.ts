// The text form of packets: as the official clients write it, and as only others would.
import { expect, test } from 'vitest';
import { ackPacket, eventPacket, readPacket } from './packet.ts';

const read = (text: string) => {
  const packet = readPacket(text);
  return packet && [packet.type, packet.attachments, packet.namespace, packet.ackId, packet.json];
};

test.each([
  ['0', [0, 0, '/', undefined, '']],
  ['0{"token":"x"}', [0, 0, '/', undefined, '{"token":"x"}']],
  ['0/admin,{"a":1}', [0, 0, '/admin', undefined, '{"a":1}']],
  ['0/admin?x=1', [0, 0, '/admin?x=1', undefined, '']],
  ['1', [1, 0, '/', undefined, '']],
  ['2["message",{"type":"ping"}]', [2, 0, '/', undefined, '["message",{"type":"ping"}]']],
  ['20["a"]', [2, 0, '/', 0, '["a"]']],
  ['2/admin,13["a"]', [2, 0, '/admin', 13, '["a"]']],
  ['2["line\nbreak"]', [2, 0, '/', undefined, '["line\nbreak"]']],
  ['51-["a",{"_placeholder":true,"num":0}]', [5, 1, '/', undefined, '["a",{"_placeholder":true,"num":0}]']],
  ['52-/admin,7["a"]', [5, 2, '/admin', 7, '["a"]']],
])('%s', (text, parts) => {
  expect(read(text)).toEqual(parts);
});

test.each(['', '7', '9["a"]', 'x', '[1]', '-1'])('%j is not a packet', (text) => {
  expect(readPacket(text)).toBeUndefined();
});

test('an acknowledgement id that is too large for a number is ignored', () => {
  expect(readPacket(`2${'9'.repeat(40)}["a"]`)?.ackId ?? 0).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
});

test('events and acknowledgements are written as the clients read them', () => {
  expect(eventPacket('message', '{"type":"pong"}')).toBe('2["message",{"type":"pong"}]');
  expect(ackPacket(12, '{"ok":true}')).toBe('312[{"ok":true}]');
});
