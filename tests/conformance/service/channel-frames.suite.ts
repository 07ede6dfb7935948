// Channels over every transport: joining and leaving them, and the messages in them.
import { describe, expect, test } from 'vitest';
import { type ServerFrame, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, say, unique } from './kit/people.ts';
import { anInteger, isoTime, type Message } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function channelFramesSuite(service: Service): void {
  describe('channels, live', () => {
    const people = cast(service, 'owner', 'member', 'stranger');

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      describe('joining and leaving a channel', () => {
        test('is acked with the last number of its log', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const client = await connect(member, 1);
          expect(await client.call('channel.join', { channel_id: id })).toEqual({ channel_id: id, last_seq: 0 });
          const { id: messageId } = await say(owner, id);
          await owner.api.patch(`/messages/${messageId}`, { text: 'edited' });
          expect(await client.call('channel.join', { channel_id: String(id) })).toEqual({
            channel_id: id,
            last_seq: 2,
          });
          expect(await client.call('channel.leave', { channel_id: id })).toMatchObject({ channel_id: id });
        });

        test('is for members; for others the channel does not exist', async () => {
          const id = await group(people.owner);
          const client = await connect(people.stranger);
          for (const channel_id of [id, UNKNOWN_ID]) {
            expect((await client.refused('channel.join', { channel_id })).code).toBe('CHANNEL_NOT_FOUND');
          }
          await say(people.owner, id);
          await client.fence();
          expect(framesOf(client, 'channel.message')).toEqual([]);
        });

        test('is refused with anything but an id', async () => {
          const client = await connect(people.owner);
          for (const channel_id of [undefined, null, 'x', '', '1.5', 1.5, -1, 0, true, [1], {}, '1e3']) {
            for (const type of ['channel.join', 'channel.leave']) {
              expect(await client.refused(type, { channel_id }), `${channel_id}`).toMatchObject({
                code: 'VALIDATION_FAILED',
              });
            }
          }
          expect((await client.refused('channel.join', undefined)).code).toBe('VALIDATION_FAILED');
        });

        test('ends what comes live with the leaving', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const [leaves, stays] = [await joined(connect, member, id), await joined(connect, member, id)];
          await leaves.call('channel.leave', { channel_id: id });
          await settled(id, owner, stays);
          await leaves.fence();
          expect(framesOf(leaves, 'channel.message', id)).toEqual([]);
        });
      });

      describe('messages in a channel', () => {
        const content = { text: 'héllo 世界 👋', url: 'https://example.com/a.png', file_name: 'a.png' };

        test('may call the name of a file as clients of the former service do', async () => {
          const { owner } = people;
          const id = await group(owner);
          const client = await joined(connect, owner, id);
          await client.call('channel.message', { channel_id: id, fileName: 'a.png' });
          const former = await client.next('channel.message');
          expect(former.data).toMatchObject({ file_name: 'a.png', message_type: 'image', text: null });
          await client.call('channel.message', { channel_id: id, file_name: 'a.txt', fileName: 'b.png' });
          expect((await client.next('channel.message')).data).toMatchObject({ file_name: 'a.txt' });
          for (const fileName of ['f'.repeat(256), {}, 'a\u0000b']) {
            const failure = await client.refused('channel.message', { channel_id: id, text: 'x', fileName });
            expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', details: [{ path: 'fileName' }] });
          }
        });

        test('are acked when stored, and come to all who are live in it, the sender too', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const sender = await joined(connect, owner, id, 0);
          const others = [await joined(connect, owner, id, 1), await joined(connect, member, id, 1)];
          const clientId = unique();
          const ack = await sender.call('channel.message', { channel_id: id, ...content, client_id: clientId });
          expect(ack).toEqual({ id: anInteger(), seq: 1, created_at: isoTime(), duplicate: false });
          for (const client of [sender, ...others]) {
            const frame = await client.next('channel.message');
            expect(frame).toMatchObject({ seq: 1 });
            expect(frame.data).toEqual({
              id: ack.id,
              seq: 1,
              updated_seq: 1,
              channel_id: id,
              sender_id: owner.id,
              sender_name: owner.username,
              sender_avatar: null,
              ...content,
              message_type: 'image',
              client_id: clientId,
              created_at: ack.created_at,
              updated_at: ack.created_at,
            });
          }
          const order = sender.frames
            .map((frame: ServerFrame) => frame.type)
            .filter((type) => /ack|message/.test(type));
          expect(order).toEqual(['ack', 'ack', 'channel.message']);
          const stored = await member.elsewhere.get<Message>(`/messages/${ack.id}`);
          expect(stored.data).toMatchObject({ seq: 1, text: content.text, fileName: 'a.png', type: 'image', clientId });
        });

        test('may be sent without a join, and then do not come back', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const [live, sender] = [await joined(connect, owner, id), await connect(member)];
          const ack = await sender.call('channel.message', { channel_id: `${id}`, text: 'from outside' });
          expect((await live.next('channel.message')).data).toMatchObject({ id: ack.id, sender_id: member.id });
          await sender.fence();
          expect(framesOf(sender, 'channel.message')).toEqual([]);
        });

        test('come in the order of their numbers, each once', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const [first, second] = [await joined(connect, owner, id, 0), await joined(connect, member, id, 1)];
          await Promise.all(
            Array.from({ length: 60 }, (_, n) =>
              (n % 2 ? first : second).call('channel.message', { channel_id: id, text: `${n}` }),
            ),
          );
          await settled(id, owner, first, second);
          const numbers = Array.from({ length: 61 }, (_, index) => index + 1);
          for (const client of [first, second]) {
            expect(framesOf(client, 'channel.message', id).map((frame) => frame.seq)).toEqual(numbers);
          }
        });

        test('with a client_id that was used before are acked as duplicates and come to nobody', async () => {
          const { owner } = people;
          const id = await group(owner);
          const client = await joined(connect, owner, id);
          const message = { channel_id: id, text: 'once', client_id: unique() };
          const first = await client.call('channel.message', message);
          expect(await client.call('channel.message', { ...message, text: 'twice' })).toEqual({
            ...first,
            duplicate: true,
          });
          const direct = { receiver_id: owner.id, text: 'thrice', client_id: message.client_id };
          expect(await client.call('direct.message', direct)).toEqual({ ...first, duplicate: true });
          await settled(id, owner, client);
          expect(framesOf(client, ['channel.message', 'direct.message']).map((frame) => frame.seq)).toEqual([1, 2]);
        });

        test('are refused to others, and without a content that the rules allow', async () => {
          const id = await group(people.owner);
          const client = await joined(connect, people.owner, id);
          const outsider = await connect(people.stranger);
          const message = { channel_id: id, text: 'x' };
          expect((await outsider.refused('channel.message', message)).code).toBe('CHANNEL_NOT_FOUND');
          const nowhere = await client.refused('channel.message', { channel_id: UNKNOWN_ID, text: 'x' });
          expect(nowhere.code).toBe('CHANNEL_NOT_FOUND');
          for (const wrong of [
            { text: undefined },
            { text: '' },
            { text: 5 },
            { text: ['x'] },
            { text: 'x'.repeat(10_001) },
            { url: 'ftp://example.com' },
            { url: `https://example.com/${'a'.repeat(481)}` },
            { file_name: 'f'.repeat(256) },
            { file_name: {} },
            { client_id: 'c'.repeat(65) },
            { client_id: 5 },
            { channel_id: undefined },
            { channel_id: '1; drop table chats' },
          ]) {
            const refused = await client.refused('channel.message', { ...message, ...wrong });
            expect(refused, JSON.stringify(wrong)).toMatchObject({ code: 'VALIDATION_FAILED' });
          }
          expect((await client.refused('channel.message', undefined)).code).toBe('VALIDATION_FAILED');
          expect((await say(people.owner, id)).seq).toBe(1);
        });

        test('are by the user of the connection, whatever the data says', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const client = await joined(connect, member, id);
          const claim = { sender_id: owner.id, user_id: owner.id, sender_name: 'owner', seq: 7 };
          await client.call('channel.message', { channel_id: id, text: 'me', ...claim });
          const { data } = await client.next('channel.message');
          expect(data).toMatchObject({ sender_id: member.id, sender_name: member.username, seq: 1 });
        });

        test('that are edited or deleted are told to all who are live in it', async () => {
          const { owner, member } = people;
          const id = await group(owner, member);
          const clients = [await joined(connect, owner, id, 0), await joined(connect, member, id, 1)];
          const { id: messageId, createdAt } = await say(owner, id, 'first');
          await owner.api.patch(`/messages/${messageId}`, { text: 'second' });
          await owner.api.delete(`/messages/${messageId}`);
          for (const client of clients) {
            const updated = await client.next('message.updated');
            expect(updated.seq).toBe(2);
            expect(updated.data).toEqual({
              id: messageId,
              seq: 1,
              updated_seq: 2,
              channel_id: id,
              sender_id: owner.id,
              sender_name: owner.username,
              sender_avatar: null,
              text: 'second',
              url: null,
              file_name: null,
              message_type: 'text',
              client_id: null,
              created_at: createdAt,
              updated_at: isoTime(),
            });
            const deleted = await client.next('message.deleted');
            expect(deleted).toMatchObject({ seq: 3 });
            expect(deleted.data).toEqual({ id: messageId, seq: 1, updated_seq: 3, channel_id: id });
          }
        });
      });
    });
  });
}
