// The two views of a message: every field in both, in the spelling of each, and fit for the schemas that are published.
import { expect, it } from 'vitest';
import * as z from 'zod';
import {
  EMPTY_CONTENT,
  type MessageState,
  messageData,
  messageDataSchema,
  messageIdentity,
  messageResource,
  messageSchema,
} from './messages.ts';

const stored: MessageState = {
  id: 5,
  seq: 1,
  updatedSeq: 2,
  senderId: 3,
  senderName: 'ann',
  senderAvatar: null,
  content: { ...EMPTY_CONTENT, text: 'hi', fileName: 'cat.PNG' },
  clientId: null,
  channelId: 4,
  receiverId: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:01.000Z',
};
const direct = { ...stored, channelId: null, receiverId: 9, clientId: 'c' };

it('tells the kind of the file and keeps what is internal', () => {
  const { content, ...rest } = stored;
  expect(messageResource({ ...stored, deleted: false } as MessageState)).toEqual({
    ...rest,
    ...content,
    type: 'image',
  });
});

it('calls a message without content a text', () => {
  const nothing = { ...stored, content: EMPTY_CONTENT };
  expect(messageResource(nothing)).toMatchObject({ type: 'text', text: null });
  expect(messageData(nothing)).toMatchObject({ message_type: 'text', text: null });
});

it.each([stored, direct])('has every field of the schema in both views, and nothing else', (message) => {
  const whole = (schema: z.ZodObject, view: object) =>
    z.strictObject(schema.shape).parse(JSON.parse(JSON.stringify(view)));
  expect(whole(messageSchema, messageResource(message))).toEqual(messageResource(message));
  expect(whole(messageDataSchema, messageData(message))).toMatchObject({ sender_name: 'ann', file_name: 'cat.PNG' });
});

it('begins the data of an event with which message it is, as other nodes check', () => {
  expect(JSON.stringify(messageData(stored)).startsWith('{"id":5,"seq":1,"updated_seq":2,"channel_id":4,')).toBe(true);
  expect(JSON.stringify(messageIdentity(direct))).toBe('{"id":5,"seq":1,"updated_seq":2,"receiver_id":9}');
});
