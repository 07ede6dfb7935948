// The members of a channel: taking in, removing, leaving; and that it takes effect at once, on every node.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, register, say, tell } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import type { Channel, ChannelDetail, ChannelList } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

export function membersSuite(service: Service): void {
  describe('members', () => {
    const people = cast(service, 'owner', 'member', 'other', 'stranger');
    const add = (who: Person, id: number, userId: unknown) => who.api.post(`/channels/${id}/users`, { userId });
    const remove = (who: Person, id: number, userId: unknown) => who.api.delete(`/channels/${id}/users`, { userId });
    const leave = (who: Person, id: number) => who.api.post(`/channels/${id}/leave`);
    const read = (who: Person, id: number) => who.elsewhere.get<ChannelDetail>(`/channels/${id}`);
    const directOf = async (who: Person, whom: Person) =>
      (await who.api.post<Channel>('/channels', { type: 'direct', userIds: [whom.id] })).data.id;

    describe('taking a user in', () => {
      test('makes a member who reads what was said before', async () => {
        const { owner, member } = people;
        const id = await group(owner);
        const message = await say(owner, id);
        const reply = await add(owner, id, `${member.id}`);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ success: true, message: expect.any(String) });
        expect((await read(member, id)).data.members.map((each) => each.id).sort()).toEqual(
          [owner.id, member.id].sort(),
        );
        expect((await member.api.get(`/messages/${message.id}`)).status).toBe(200);
      });

      test('is refused for a member, an unknown user and no user', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        expectFailure(await add(owner, id, member.id), 409, 'ALREADY_MEMBER');
        expectFailure(await add(owner, id, owner.id), 409, 'ALREADY_MEMBER');
        expectFailure(await add(owner, id, UNKNOWN_ID), 404, 'USER_NOT_FOUND');
        for (const userId of [undefined, null, 'x', {}, 1.5]) {
          expect(failedFields(await add(owner, id, userId))).toEqual(['userId']);
        }
      });

      test('is for the owner', async () => {
        const { owner, member, other, stranger } = people;
        const id = await group(owner, member);
        expectFailure(await add(member, id, other.id), 403, 'FORBIDDEN');
        expectFailure(await add(stranger, id, stranger.id), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await add(owner, UNKNOWN_ID, other.id), 404, 'CHANNEL_NOT_FOUND');
        expect((await read(owner, id)).data.members).toHaveLength(2);
      });

      test('happens once when asked for twice at the same time', async () => {
        const { owner, member } = people;
        const id = await group(owner);
        const paths = [owner.api, owner.elsewhere].map((api) =>
          api.post(`/channels/${id}/users`, { userId: member.id }),
        );
        expect((await Promise.all(paths)).map((reply) => reply.status).sort()).toEqual([200, 409]);
      });
    });

    describe('removing a user', () => {
      test('takes the user from the body or from the query', async () => {
        const { owner, member, other } = people;
        const id = await group(owner, member, other);
        const reply = await remove(owner, id, member.id);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ success: true, message: expect.any(String) });
        expect((await owner.api.delete(`/channels/${id}/users?userId=${other.id}`)).status).toBe(200);
        expectFailure(await read(member, id), 404, 'CHANNEL_NOT_FOUND');
        expect((await read(owner, id)).data.members.map((each) => each.id)).toEqual([owner.id]);
      });

      test('leaves the removed user nothing of the channel', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const message = await say(member, id);
        await remove(owner, id, member.id);
        expectFailure(await member.elsewhere.post('/messages', { channelId: id, text: 'x' }), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await member.elsewhere.get(`/messages/channel/${id}`), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await member.api.get(`/messages/${message.id}`), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await member.api.patch(`/messages/${message.id}`, { text: 'x' }), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await member.api.delete(`/messages/${message.id}`), 404, 'MESSAGE_NOT_FOUND');
        const { group: groups } = (await member.api.get<ChannelList>('/channels')).data;
        expect(groups.map((channel) => channel.id)).not.toContain(id);
      });

      test('is refused for the owner, for who is no member, and for no user', async () => {
        const { owner, member, stranger } = people;
        const id = await group(owner, member);
        expectFailure(await remove(owner, id, owner.id), 400, 'CANNOT_REMOVE_OWNER');
        expectFailure(await remove(owner, id, stranger.id), 404, 'USER_NOT_FOUND');
        expectFailure(await remove(owner, id, UNKNOWN_ID), 404, 'USER_NOT_FOUND');
        expect(failedFields(await owner.api.delete(`/channels/${id}/users`))).toEqual(['userId']);
        expect(failedFields(await remove(owner, id, 'x'))).toEqual(['userId']);
      });

      test('is for the owner', async () => {
        const { owner, member, other, stranger } = people;
        const id = await group(owner, member, other);
        expectFailure(await remove(member, id, other.id), 403, 'FORBIDDEN');
        expectFailure(await remove(stranger, id, other.id), 404, 'CHANNEL_NOT_FOUND');
      });
    });

    test('has the names of the former service too', async () => {
      const { owner, member, other } = people;
      const id = await group(owner, member);
      expect((await owner.api.post(`/channels/${id}/user`, { userId: other.id })).status).toBe(200);
      expectFailure(await owner.api.post(`/channels/${id}/user`, { userId: other.id }), 409, 'ALREADY_MEMBER');
      expectFailure(await member.api.delete(`/channels/${id}/user`, { userId: other.id }), 403, 'FORBIDDEN');
      expect((await owner.api.delete(`/channels/${id}/user`, { userId: other.id })).status).toBe(200);
      expect((await owner.api.post(`/channels/${id}/user`, { userId: other.id })).status).toBe(200);
      expect((await owner.api.delete(`/channels/${id}/user?userId=${other.id}`)).status).toBe(200);
      expectFailure(await read(other, id), 404, 'CHANNEL_NOT_FOUND');
      expect((await member.api.put(`/channels/${id}/user`)).status).toBe(200);
      expectFailure(await read(member, id), 404, 'CHANNEL_NOT_FOUND');
      expect((await read(owner, id)).data.members.map((each) => each.id)).toEqual([owner.id]);
    });

    describe('leaving', () => {
      test('ends the membership', async () => {
        const { owner, member, stranger } = people;
        const id = await group(owner, member);
        const reply = await leave(member, id);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ success: true, message: expect.any(String) });
        expectFailure(await read(member, id), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await leave(member, id), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await leave(stranger, id), 404, 'CHANNEL_NOT_FOUND');
        expect((await read(owner, id)).data).toMatchObject({ ownerId: owner.id });
      });

      test('of the owner hands the channel to the longest-standing member', async () => {
        const { owner, member, other, stranger } = people;
        const id = await group(owner);
        for (const next of [other, member, stranger]) await add(owner, id, next.id);
        await leave(owner, id);
        const { ownerId, members } = (await read(member, id)).data;
        expect(ownerId).toBe(other.id);
        expect(members).toHaveLength(3);
        expectFailure(await remove(member, id, stranger.id), 403, 'FORBIDDEN');
        expect((await remove(other, id, stranger.id)).status).toBe(200);
      });

      test('of the last member deletes the channel', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const message = await say(owner, id);
        await leave(member, id);
        await leave(owner, id);
        expectFailure(await read(owner, id), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await owner.api.get(`/messages/${message.id}`), 404, 'MESSAGE_NOT_FOUND');
      });
    });

    test('a direct channel keeps its two members', async () => {
      const { owner, member, other } = people;
      const id = await directOf(owner, member);
      expectFailure(await add(owner, id, other.id), 400, 'DIRECT_CHANNEL');
      expectFailure(await remove(owner, id, member.id), 400, 'DIRECT_CHANNEL');
      expectFailure(await leave(owner, id), 400, 'DIRECT_CHANNEL');
      expectFailure(await leave(member, id), 400, 'DIRECT_CHANNEL');
      expect((await read(member, id)).data.members).toHaveLength(2);
    });

    test.each(['abc', '-1', '1.5'])('a channel is not named by %s', async (id) => {
      const { api } = people.owner;
      expect(failedFields(await api.post(`/channels/${id}/users`, { userId: 1 }))).toEqual(['id']);
      expect(failedFields(await api.delete(`/channels/${id}/users`, { userId: 1 }))).toEqual(['id']);
      expect(failedFields(await api.post(`/channels/${id}/leave`))).toEqual(['id']);
    });

    describe.each(TRANSPORTS)('what live clients hear, over %s', (transport) => {
      const connect = connector(service, transport);

      test('a user who is taken in hears of it on all connections', async () => {
        const { owner, member } = people;
        const clients = [await connect(member, 0), await connect(member, 1)];
        const id = await group(owner);
        await add(owner, id, member.id);
        for (const client of clients) {
          const { data } = await client.next(({ type, data }) => type === 'channel.added' && data.channel_id === id);
          expect(data).toEqual({ channel_id: id, name: expect.any(String), type: 'group', owner_id: owner.id });
        }
      });

      test('all connections of a removed user leave at once and hear it; nothing of the channel comes after', async () => {
        const [owner, member] = await Promise.all([register(service, 'owner'), register(service, 'member')]);
        const id = await group(owner, member);
        const watching = await joined(connect, owner, id, 0);
        const clients = [await joined(connect, member, id, 0), await joined(connect, member, id, 1)];
        const left = { channel_id: id, user_id: member.id, username: member.username, action: 'leave' };
        await remove(owner, id, member.id);
        await say(owner, id, 'among us');
        // Direct messages go on, so each connection's next one closes the time in which a leak would have come.
        const { id: last } = await tell(owner, member);
        for (const client of clients) {
          expect((await client.next('channel.leave')).data).toEqual(left);
          await client.next(({ type, data }) => type === 'direct.message' && data.id === last);
          expect((await client.refused('channel.join', { channel_id: id })).code).toBe('CHANNEL_NOT_FOUND');
          const refused = await client.refused('channel.message', { channel_id: id, text: 'me too' });
          expect(refused.code).toBe('CHANNEL_NOT_FOUND');
          expect(framesOf(client, 'channel.message', id)).toEqual([]);
          expect(framesOf(client, 'channel.leave', id)).toHaveLength(1);
        }
        expect((await watching.next('channel.leave')).data).toEqual(left);
        await settled(id, owner, watching);
        expect(framesOf(watching, 'channel.leave', id)).toHaveLength(1);
      });

      test('nothing of the channel comes to a user who left it over REST', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const clients = [await joined(connect, member, id, 0), await joined(connect, member, id, 1)];
        await leave(member, id);
        await say(owner, id, 'among us');
        const { id: last } = await tell(owner, member);
        for (const client of clients) {
          await client.next(({ type, data }) => type === 'direct.message' && data.id === last);
          expect(framesOf(client, 'channel.message', id)).toEqual([]);
        }
      });

      test('a user who comes back is live again after a join', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const client = await joined(connect, member, id, 1);
        await remove(owner, id, member.id);
        await client.next('channel.leave');
        await add(owner, id, member.id);
        await client.call('channel.join', { channel_id: id });
        await settled(id, owner, client);
      });
    });
  });
}
