// Client events as frames, and answers as Socket.IO clients expect them.
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../realtime/connections/transport.ts';
import { clientFrame, encodeAnswer } from './translate.ts';

const NOW = 1_790_000_000_000;

/** The packets that answer an event. */
function answer(name: string | undefined, payload: unknown, given: Answer, ackId?: number) {
  const event = { name, payload, ackId };
  const out = encodeAnswer(event, clientFrame(event), given, NOW);
  return out?.packets?.map((packet) => {
    const [, type, id, json = ''] = /^(\d)(\d*)(.*)$/s.exec(packet) ?? [];
    return type === '3' ? ['callback', Number(id), ...JSON.parse(json)] : JSON.parse(json);
  });
}

const success = (type: (Answer & { ok: true })['type'], data: unknown): Answer => ({ ok: true, type, data });
const error = { code: 'CHANNEL_NOT_FOUND', message: 'Channel not found' } as const;
const failure: Answer = { ok: false, type: 'channel.join', error };

describe('events as frames', () => {
  test.each([
    ['authenticate', { token: 't' }, { type: 'authenticate', data: { token: 't' } }],
    ['join_channel', { channel_id: 1, since: 4 }, { type: 'channel.join', data: { channel_id: 1, since: 4 } }],
    ['leave_channel', { channel_id: 1 }, { type: 'channel.leave', data: { channel_id: 1 } }],
    ['message', { type: 'ping', id: 'a' }, { type: 'ping', id: 'a' }],
    ['message', 'text', 'text'],
    ['join_channel', 'text', { type: 'channel.join', data: 'text' }],
  ])('%s %j', (name, payload, frame) => {
    expect(clientFrame({ name, payload, ackId: undefined })).toEqual(frame);
  });

  test.each(['channel.message', 'ping', '__proto__', 'toString', ''])('%j is not the name of an event', (name) => {
    expect(clientFrame({ name, payload: {}, ackId: undefined })).toEqual({ type: '', data: {} });
  });
});

describe('answers without a callback', () => {
  test('authenticated comes before the frame that says so', () => {
    const data = { user_id: 7, username: 'ann', client_id: 'c', status: 'connected' };
    expect(answer('authenticate', { token: 't' }, success('authenticate', data))).toEqual([
      ['authenticated', { userId: 7 }],
      ['message', { id: 'c', type: 'connection.connect', data, timestamp: NOW }],
    ]);
  });

  test('join and leave have events of their own', () => {
    const joined = { channel_id: 1, last_seq: 9 };
    expect(answer('join_channel', { channel_id: 1 }, success('channel.join', joined))).toEqual([
      ['joined_channel', joined],
    ]);
    const left = { channel_id: 1 };
    expect(answer('leave_channel', { channel_id: 1 }, success('channel.leave', left))).toEqual([
      ['left_channel', left],
    ]);
  });

  test('the id of the channel comes back as the client wrote it, and in a callback as a number', () => {
    const payload = { channel_id: '1' };
    const joined = success('channel.join', { channel_id: 1, last_seq: 9 });
    expect(answer('join_channel', payload, joined)).toEqual([['joined_channel', { channel_id: '1', last_seq: 9 }]]);
    expect(answer('join_channel', payload, joined, 3)).toEqual([
      ['callback', 3, { ok: true, data: { channel_id: 1, last_seq: 9 } }],
    ]);
    const left = success('channel.leave', { channel_id: 1 });
    expect(answer('leave_channel', payload, left)).toEqual([['left_channel', { channel_id: '1' }]]);
    expect(answer('leave_channel', payload, left, 4)).toEqual([['callback', 4, { ok: true, data: { channel_id: 1 } }]]);
  });

  test('frames are answered by frames if they have an id', () => {
    const data = { id: 3, seq: 2 };
    expect(answer('message', { type: 'channel.message', id: 'm' }, success('channel.message', data))).toEqual([
      ['message', { id: 'm', type: 'ack', data, timestamp: NOW }],
    ]);
    expect(answer('message', { type: 'channel.message' }, success('channel.message', data))).toBeUndefined();
    expect(answer('message', { type: 'ping' }, success('ping', {}))).toEqual([
      ['message', { id: '', type: 'pong', data: {}, timestamp: NOW }],
    ]);
  });

  test('a join that came as a frame is acked like any frame', () => {
    const data = { channel_id: 1, last_seq: 9 };
    expect(answer('message', { type: 'channel.join', id: 'j' }, success('channel.join', data))).toEqual([
      ['message', { id: 'j', type: 'ack', data, timestamp: NOW }],
    ]);
  });

  test('failures are sent as the event error, with the id of the frame', () => {
    expect(answer('join_channel', {}, failure)).toEqual([['error', error]]);
    expect(answer('message', { type: 'channel.join', id: 'j' }, failure)).toEqual([['error', { ...error, id: 'j' }]]);
    expect(answer('message', { type: 'channel.join', id: 'x'.repeat(65) }, failure)).toEqual([['error', error]]);
    expect(answer(undefined, undefined, failure)).toEqual([['error', error]]);
    const limited = { ...error, code: 'RATE_LIMITED', retry_after_ms: 20 } as const;
    expect(answer('message', {}, { ...failure, error: limited })).toEqual([['error', limited]]);
  });
});

describe('answers to a callback, and only it', () => {
  test('success', () => {
    const data = { user_id: 7 };
    expect(answer('authenticate', {}, success('authenticate', data), 0)).toEqual([['callback', 0, { ok: true, data }]]);
    expect(answer('message', { type: 'ping', id: 'p' }, success('ping', {}), 12)).toEqual([
      ['callback', 12, { ok: true, data: {} }],
    ]);
  });

  test('failure', () => {
    expect(answer('join_channel', {}, failure, 5)).toEqual([['callback', 5, { ok: false, error }]]);
    expect(answer(undefined, undefined, failure, 5)).toEqual([['callback', 5, { ok: false, error }]]);
  });
});

test('the size of an answer is known', () => {
  const out = encodeAnswer({ name: 'join_channel', payload: {}, ackId: 5 }, {}, failure, NOW);
  expect(out?.texts).toEqual([]);
  expect(out?.size).toBe(out?.packets?.join('').length);
});
