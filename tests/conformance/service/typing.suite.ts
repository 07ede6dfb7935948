// Who is typing: told to the others of a conversation on every node, until it stops or for 8 s.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, register, say, tell } from './kit/people.ts';

export function typingSuite(service: Service): void {
  describe('typing', () => {
    const people = cast(service, 'watcher', 'ann', 'bob');
    const types = (who: Person, expires_in_ms = 8_000) => ({
      users: [{ user_id: who.id, username: who.username }],
      expires_in_ms,
    });
    /** The next that is told, which is of one conversation. */
    const heard = async (client: ChatClient) => (await client.next('typing')).data;

    describe.each(TRANSPORTS)('typing over %s', (transport) => {
      const connect = connector(service, transport);

      test('in a channel is told to all who are live in it but the user, and so is its end', async () => {
        const { watcher, ann, bob } = people;
        const id = await group(watcher, ann, bob);
        const watching = [await joined(connect, watcher, id, 0), await joined(connect, watcher, id, 1)];
        const own = [await joined(connect, ann, id, 0), await joined(connect, ann, id, 1)];
        const unjoined = await connect(bob);
        expect(await own[1]?.call('typing.start', { channel_id: `${id}` })).toEqual({});
        for (const each of watching) expect(await heard(each)).toEqual({ channel_id: id, ...types(ann) });
        expect(await own[1]?.call('typing.stop', { channel_id: id })).toEqual({});
        for (const each of watching) expect(await heard(each)).toEqual({ channel_id: id, ...types(ann, 0) });
        await settled(id, watcher, ...watching, ...own);
        await unjoined.fence();
        for (const each of [...own, unjoined]) expect(framesOf(each, 'typing')).toEqual([]);
      });

      test('is told once in 3 s, however often a client says it', async () => {
        const { watcher, ann } = people;
        const id = await group(watcher, ann);
        const watching = await joined(connect, watcher, id, 0);
        const client = await joined(connect, ann, id, 1);
        for (let n = 0; n < 5; n += 1) await client.call('typing.start', { channel_id: id });
        await client.call('typing.stop', { channel_id: id });
        await watching.next(({ type, data }) => type === 'typing' && data.expires_in_ms === 0);
        expect(framesOf(watching, 'typing')).toHaveLength(2);
      });

      test.each([
        [
          'a message, by whatever way it came',
          async (ann: Person, id: number) => void (await say({ ...ann, api: ann.elsewhere }, id)),
        ],
        [
          'a leave',
          async (_: Person, id: number, client: ChatClient) =>
            void (await client.call('channel.leave', { channel_id: id })),
        ],
        ['the end of the connection', async (_: Person, __: number, client: ChatClient) => client.close()],
        [
          'the end of the membership',
          async (ann: Person, id: number) => void (await ann.elsewhere.post(`/channels/${id}/leave`, {})),
        ],
      ])('ends with %s', async (_by, end) => {
        const { watcher, ann } = people;
        const id = await group(watcher, ann);
        const watching = await joined(connect, watcher, id, 1);
        const client = await joined(connect, ann, id, 0);
        await client.call('typing.start', { channel_id: id });
        expect(await heard(watching)).toMatchObject(types(ann));
        await end(ann, id, client);
        expect(await heard(watching)).toEqual({ channel_id: id, ...types(ann, 0) });
      });

      test('may be said by members who have not joined, and ends with their connection and membership too', async () => {
        const { watcher, ann, bob } = people;
        const id = await group(watcher, ann, bob);
        const watching = await joined(connect, watcher, id, 1);
        const client = await connect(ann, 0);
        await client.call('typing.start', { channel_id: id });
        expect(await heard(watching)).toMatchObject(types(ann));
        await client.close();
        expect(await heard(watching)).toMatchObject(types(ann, 0));
        await (await connect(bob, 0)).call('typing.start', { channel_id: id });
        expect(await heard(watching)).toMatchObject(types(bob));
        await bob.elsewhere.post(`/channels/${id}/leave`, {});
        expect(await heard(watching)).toMatchObject(types(bob, 0));
      });

      test('to a user is told to all connections of that one alone, by the name that the conversation has there', async () => {
        const { watcher } = people;
        const [ann, bob] = [await register(service, 'ann'), await register(service, 'bob')];
        await tell(ann, bob);
        const hearing = [await connect(bob, 0), await connect(bob, 1)];
        const others = [await connect(ann, 0), await connect(ann, 1), await connect(watcher)];
        await others[1]?.call('typing.start', { user_id: bob.id });
        for (const each of hearing) expect(await heard(each)).toEqual({ user_id: ann.id, ...types(ann) });
        // Its end by a message that another node stored.
        await tell(ann, bob);
        for (const each of hearing) expect(await heard(each)).toEqual({ user_id: ann.id, ...types(ann, 0) });
        for (const each of others) {
          await each.fence();
          expect(framesOf(each, 'typing')).toEqual([]);
        }
      });

      test('is refused to who has no part in the conversation, and if there is none', async () => {
        const { watcher, ann } = people;
        const id = await group(watcher);
        const stranger = await register(service, 'stranger');
        const client = await connect(ann);
        for (const type of ['typing.start', 'typing.stop']) {
          expect(await client.refused(type, { channel_id: id })).toMatchObject({ code: 'CHANNEL_NOT_FOUND' });
          expect(await client.refused(type, { user_id: stranger.id })).toMatchObject({ code: 'USER_NOT_FOUND' });
          expect(await client.refused(type, { user_id: 2_000_000_000 })).toMatchObject({ code: 'USER_NOT_FOUND' });
          for (const data of [{}, { channel_id: id, user_id: stranger.id }, { channel_id: 'x' }]) {
            expect(await client.refused(type, data)).toMatchObject({ code: 'VALIDATION_FAILED' });
          }
        }
      });
    });
  });
}
