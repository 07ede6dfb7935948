// The two forms of a change: the live form, and the state form that catch-ups bring.

import { describe, expect, it } from 'vitest';
import { defineChange } from '../../chat/log/define-change.ts';
import type { StoredMessage } from '../../chat/log/event.ts';
import { stored } from '../../chat/messages/changes.ts';
import { EMPTY_CONTENT } from '../../protocol/messages.ts';
import { catchUpFrame, eventFrame, fromLogEvent, knownUpTo, lengthOf, stateEvent } from './feed-event.ts';

const at = '2026-01-01T00:00:00.000Z';
const message: StoredMessage = {
  ...{ id: 5, seq: 3, updatedSeq: 7, senderId: 2, senderName: 'ann', senderAvatar: null, clientId: null },
  ...{ channelId: 4, receiverId: null, createdAt: at, updatedAt: at, deleted: false },
  content: { ...EMPTY_CONTENT, text: 'hi' },
};
const reacted = defineChange({ type: 'reacted', live: 'admin.message' });
const live = { id: 5, seq: 3, updated_seq: 7, channel_id: 4, changes: ['added'] };
const event = fromLogEvent({ key: { channelId: 4 }, change: reacted, message, live, accessVersion: 0 });
const read = (text: string) => JSON.parse(text);

describe('a change with a live form', () => {
  it('reaches live readers in it, and catch-ups as the state of its message', () => {
    expect(read(eventFrame('c4', event))).toEqual({
      ...{ id: 'c4-7', type: 'admin.message', seq: 7, timestamp: Date.parse(at) },
      data: live,
    });
    const state = { id: 5, seq: 3, updated_seq: 7, text: 'hi' };
    expect(read(catchUpFrame('c4', event, 3))).toMatchObject({ id: 'c4-7', type: 'message.updated', data: state });
    expect(read(catchUpFrame('c4', event, 2))).toMatchObject({ id: 'c4-7', type: 'channel.message', data: state });
  });

  it('counts with both forms in the budget of a node', () => {
    expect(lengthOf(event)).toBe(event.data.length + JSON.stringify(live).length);
    expect(lengthOf(stateEvent(message, 6))).toBe(event.data.length);
  });

  it('comes as its state if only that is known', () => {
    const { live: _, ...plain } = { key: { channelId: 4 }, change: reacted, message, live, accessVersion: 0 };
    expect(read(eventFrame('c4', fromLogEvent(plain)))).toMatchObject({ type: 'message.updated' });
  });
});

it('a state that fills a hole is new only to readers who do not have the message', () => {
  const filled = stateEvent(message, 2);
  expect(read(eventFrame('c4', filled)).type).toBe('channel.message');
  expect(read(eventFrame('c4', knownUpTo(filled, 2))).type).toBe('channel.message');
  expect(read(eventFrame('c4', knownUpTo(filled, 3))).type).toBe('message.updated');
});

it.each([['Reacted'], ['re\tacted'], [''], ['a b']])('a change cannot be called %j', (type) => {
  expect(() => defineChange({ type })).toThrow();
  expect(stored.published).toBe('s');
});
