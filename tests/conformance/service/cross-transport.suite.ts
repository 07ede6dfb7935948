// One conversation, whatever one speaks: raw WebSocket, Socket.IO and REST see each other, in one order.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, say } from './kit/people.ts';
import { logFrames } from './kit/talks.ts';
import type { Message, Stats } from './kit/wire.ts';

export function crossTransportSuite(service: Service): void {
  describe('across transports', () => {
    const people = cast(service, 'raw', 'socketio', 'rest');
    const raw = connector(service, 'raw');
    const socketIo = connector(service, 'socketio');

    test('everybody sees everything, in the same order, in the same form', async () => {
      const id = await group(people.rest, people.raw, people.socketio);
      const [first, second] = [await joined(raw, people.raw, id, 0), await joined(socketIo, people.socketio, id, 1)];
      await Promise.all(
        Array.from({ length: 20 }, (_, n) => [
          first.call('channel.message', { channel_id: id, text: `raw ${n}` }),
          second.call('channel.message', { channel_id: id, text: `socketio ${n}` }),
          say(people.rest, id, `rest ${n}`),
        ]).flat(),
      );
      const { id: edited } = await say(people.rest, id, 'to be edited');
      await people.rest.elsewhere.patch(`/messages/${edited}`, { text: 'edited' });
      await people.rest.api.delete(`/messages/${edited}`);
      await settled(id, people.rest, first, second);
      const seen = [first, second].map((client) =>
        logFrames(client).map(({ type, seq, data }) => ({ type, seq, data })),
      );
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]?.map(({ seq }) => seq)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
      const page = await people.rest.api.get<Message[]>(`/messages/channel/${id}?limit=100`);
      expect(page.data.map((message) => message.seq)).toEqual([...Array(60).keys()].map((n) => n + 1).concat(64));
    });

    test('direct messages cross as well', async () => {
      const [first, second] = [await raw(people.raw, 0), await socketIo(people.socketio, 1)];
      await first.call('direct.message', { receiver_id: people.socketio.id, text: 'to Socket.IO' });
      await second.next(({ data }) => data.text === 'to Socket.IO');
      await second.call('direct.message', { receiver_id: people.raw.id, text: 'to raw' });
      await first.next(({ data }) => data.text === 'to raw');
      expect(framesOf(first, 'direct.message').map(({ data }) => data)).toEqual(
        framesOf(second, 'direct.message').map(({ data }) => data),
      );
    });

    test('a user on two transports is one user', async () => {
      const { raw: ann, rest: watcher } = people;
      const id = await group(watcher, ann);
      const watching = await joined(raw, watcher, id);
      const [first, second] = [await joined(raw, ann, id, 0), await joined(socketIo, ann, id, 1)];
      await watching.next('channel.join');
      const { data } = await watcher.api.get<{ members: number[] }>(`/ws/channels/${id}/members`);
      expect(data.members.toSorted((a, b) => a - b)).toEqual([watcher.id, ann.id].toSorted((a, b) => a - b));
      const { channelMembers } = (await watcher.api.get<Stats>('/ws/stats')).data;
      expect(channelMembers).toContainEqual({ channelId: id, memberCount: 2 });
      await first.close();
      await settled(id, watcher, watching, second);
      expect(framesOf(watching, ['channel.join', 'channel.leave'], id)).toHaveLength(1);
      await second.close();
      expect((await watching.next('channel.leave')).data).toMatchObject({ user_id: ann.id });
    });
  });
}
