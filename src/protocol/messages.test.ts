// The two views of a message: each has every field, in its own spelling, and fits its published schema.
import { expect, it } from 'vitest';
import * as z from 'zod';
import {
  contentOf,
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

const reply: MessageState = { ...stored, content: { ...stored.content, replyToId: 4, silent: true } };

it('names the type of the file and leaves out internal fields', () => {
  const { content, ...rest } = stored;
  expect(messageResource({ ...stored, deleted: false } as MessageState)).toEqual({
    ...rest,
    ...content,
    type: 'image',
  });
});

it('gives a message without content the type text', () => {
  const nothing = { ...stored, content: EMPTY_CONTENT };
  expect(messageResource(nothing)).toMatchObject({ type: 'text', text: null });
  expect(messageData(nothing)).toMatchObject({ message_type: 'text', text: null });
});

it.each([stored, direct, reply])('has every field of the schema in both views, and nothing else', (message) => {
  const whole = (schema: z.ZodObject, view: object) =>
    z.strictObject(schema.shape).parse(JSON.parse(JSON.stringify(view)));
  expect(whole(messageSchema, messageResource(message))).toEqual(messageResource(message));
  expect(whole(messageDataSchema, messageData(message))).toMatchObject({ sender_name: 'ann', file_name: 'cat.PNG' });
});

it('has only those optional fields that are set', () => {
  const { text, ...rest } = contentOf({ ...EMPTY_CONTENT, text: 'hi', replyToId: null, silent: false });
  const plain = { ...stored, content: { ...rest, text } };
  expect(Object.keys(JSON.parse(JSON.stringify(messageData(plain))))).not.toContain('silent');
  expect(JSON.parse(JSON.stringify(messageResource(plain)))).not.toHaveProperty('replyToId');
  expect(messageResource(reply)).toMatchObject({ replyToId: 4, silent: true });
});

it('begins the data of an event with the message and its numbers, which other nodes check', () => {
  expect(JSON.stringify(messageData(stored)).startsWith('{"id":5,"seq":1,"updated_seq":2,"channel_id":4,')).toBe(true);
  expect(JSON.stringify(messageIdentity(direct))).toBe('{"id":5,"seq":1,"updated_seq":2,"receiver_id":9}');
});
