// Who comes and goes in a channel: announced once for a user, however many connections, on every node.
import { beforeAll, describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, say, unique } from './kit/people.ts';
import { tokenFor } from './kit/tokens.ts';

export function presenceSuite(service: Service): void {
  describe('presence', () => {
    const people = cast(service, 'watcher', 'ann', 'bob', 'carl');
    const announced = (channelId: number, who: Person, action: 'join' | 'leave') => ({
      channel_id: channelId,
      user_id: who.id,
      username: who.username,
      action,
    });

    /** Who was announced to the client up to now. */
    const heard = (client: ChatClient, channelId: number) =>
      framesOf(client, ['channel.join', 'channel.leave'], channelId).map(({ type, data }) => [type, data.user_id]);

    describe.each(TRANSPORTS)('presence over %s', (transport) => {
      const connect = connector(service, transport);

      test('a user who joins or leaves is announced to the others, not to itself', async () => {
        const { watcher, ann } = people;
        const id = await group(watcher, ann);
        const watching = [await joined(connect, watcher, id, 0), await joined(connect, watcher, id, 1)];
        const client = await joined(connect, ann, id, 1);
        for (const each of watching) expect((await each.next('channel.join')).data).toEqual(announced(id, ann, 'join'));
        await client.call('channel.leave', { channel_id: id });
        for (const each of watching)
          expect((await each.next('channel.leave')).data).toEqual(announced(id, ann, 'leave'));
        await client.fence();
        expect(heard(client, id)).toEqual([]);
      });

      test('a user is announced once, however many connections it has and wherever they are', async () => {
        const { watcher, ann, bob } = people;
        const id = await group(watcher, ann, bob);
        const watching = await joined(connect, watcher, id);
        const clients = [
          await joined(connect, ann, id, 0),
          await joined(connect, ann, id, 0),
          await joined(connect, ann, id, 1),
        ];
        await watching.next('channel.join');
        await clients[0]?.call('channel.join', { channel_id: id });
        await clients[0]?.call('channel.leave', { channel_id: id });
        await clients[1]?.close();
        // Bob's coming closes the time in which a second announcement of ann would have come.
        await joined(connect, bob, id, 1);
        await watching.next(({ type, data }) => type === 'channel.join' && data.user_id === bob.id);
        expect(heard(watching, id)).toEqual([
          ['channel.join', ann.id],
          ['channel.join', bob.id],
        ]);
        await clients[2]?.close();
        expect((await watching.next('channel.leave')).data).toEqual(announced(id, ann, 'leave'));
      });

      test('a user who goes from node to node, each time with the next connection first, has not left', async () => {
        const { watcher, ann, bob, carl } = people;
        const id = await group(watcher, ann, bob, carl);
        const watching = await joined(connect, watcher, id);
        const wander = async (who: Person) => {
          let last = await joined(connect, who, id, 0);
          for (let n = 1; n <= 20; n += 1) {
            const next = await joined(connect, who, id, n);
            await last.close();
            last = next;
          }
        };
        await Promise.all([ann, carl].map(wander));
        await joined(connect, bob, id, 1);
        await watching.next(({ type, data }) => type === 'channel.join' && data.user_id === bob.id);
        expect(heard(watching, id).toSorted()).toEqual(
          [ann, bob, carl].map((who) => ['channel.join', who.id]).toSorted(),
        );
      });

      test('a user whose last connection ends has left', async () => {
        const { watcher, ann, bob } = people;
        const [id, other] = [await group(watcher, ann, bob), await group(watcher, ann)];
        const watching = await joined(connect, watcher, id);
        await watching.call('channel.join', { channel_id: other });
        const client = await joined(connect, ann, id, 1);
        await client.call('channel.join', { channel_id: other });
        await client.close();
        const left = [await watching.next('channel.leave'), await watching.next('channel.leave')];
        expect(left.map(({ data }) => data.channel_id).toSorted()).toEqual([id, other].toSorted());
        expect(left.map(({ data }) => data.user_id)).toEqual([ann.id, ann.id]);
      });

      test('nothing is announced to members who have not joined, nor after they left', async () => {
        const { watcher, ann, bob, carl } = people;
        const id = await group(watcher, ann, bob, carl);
        const watching = await joined(connect, watcher, id);
        const unjoined = await connect(bob, 0);
        const left = await joined(connect, carl, id, 0);
        await left.call('channel.leave', { channel_id: id });
        await joined(connect, ann, id, 0);
        await watching.next(({ type, data }) => type === 'channel.join' && data.user_id === ann.id);
        for (const client of [unjoined, left]) {
          await client.fence();
          expect(heard(client, id)).toEqual([]);
        }
      });

      test('an unjoined user who leaves or is refused is not announced', async () => {
        const { watcher, ann, bob } = people;
        const id = await group(watcher, ann);
        const watching = await joined(connect, watcher, id);
        const client = await connect(ann);
        client.emit({ type: 'channel.leave', data: { channel_id: id } });
        const stranger = await connect(bob);
        await stranger.refused('channel.join', { channel_id: id });
        await client.call('channel.message', { channel_id: id, text: 'from outside' });
        await settled(id, watcher, watching);
        expect(heard(watching, id)).toEqual([]);
      });
    });

    describe('in a crowd', () => {
      const connect = connector(service, 'raw');
      const names = Array.from({ length: 257 }, () => unique('crowd'));
      let crowd: { id: number; token: string }[];

      beforeAll(async () => {
        const values = names.map((name) => `('${name}', '${name}@example.com', 'no hash')`).join(',');
        const inserted = await service.sql(
          `insert into users (username, email, password) values ${values} returning id, username, email`,
        );
        crowd = inserted.map((row) => {
          const user = row as { id: number; username: string; email: string };
          return { id: user.id, token: tokenFor(user) };
        });
      }, 60_000);

      test('of more than 256 live users nobody is announced, but messages come to all', async () => {
        const { watcher } = people;
        const name = unique('crowded');
        const userIds = crowd.map(({ id }) => id);
        const created = await watcher.api.post<{ id: number }>('/channels', { type: 'group', name, userIds });
        const channelId = created.data.id;
        const watching = await joined(connect, watcher, channelId, 0);
        const enter = async (index: number): Promise<ChatClient> => {
          const client = await connect(crowd[index], index);
          await client.call('channel.join', { channel_id: channelId });
          return client;
        };
        const clients: ChatClient[] = [];
        for (let index = 0; index < 254; ) {
          const some = Array.from({ length: Math.min(32, 254 - index) }, () => enter(index++));
          clients.push(...(await Promise.all(some)));
        }
        // 255 users are live. The next makes 256, which is not more than 256; the one after it does.
        clients.push(await enter(254));
        await watching.next(({ type, data }) => type === 'channel.join' && data.user_id === crowd[254]?.id);
        clients.push(await enter(255), await enter(256));
        await clients[0]?.call('typing.start', { channel_id: channelId });
        await settled(channelId, watcher, watching, ...clients);
        expect(framesOf(watching, 'typing')).toEqual([]);
        await clients.at(-1)?.close();
        await say(watcher, channelId);
        await settled(channelId, watcher, watching);
        const known = new Set(heard(watching, channelId).map(([, user]) => user));
        expect(known.size).toBe(255);
        expect(known.has(crowd[255]?.id)).toBe(false);
        expect(heard(watching, channelId).filter(([type]) => type === 'channel.leave')).toEqual([]);
      }, 60_000);
    });
  });
}
