import { expect, it } from 'vitest';
import type { StoredMessage } from '../log/event.ts';
import { toMessage } from './resource.ts';

const stored: StoredMessage = {
  id: 5,
  seq: 1,
  updatedSeq: 2,
  senderId: 3,
  senderName: 'ann',
  senderAvatar: null,
  text: 'hi',
  url: null,
  fileName: 'cat.PNG',
  clientId: null,
  channelId: 4,
  receiverId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
  deleted: false,
};

it('tells the kind of the file and keeps what is internal', () => {
  const { deleted: _, ...rest } = stored;
  expect(toMessage(stored)).toEqual({ ...rest, type: 'image' });
});

it('calls a message without content a text', () => {
  expect(toMessage({ ...stored, text: null, fileName: null, deleted: true })).toMatchObject({
    type: 'text',
    text: null,
  });
});
