// Channels over REST: making, listing, naming and deleting them, and what live members hear of it.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, joined } from './kit/live.ts';
import { cast, group, PASSWORD, type Person, register, say, unique } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import {
  anInteger,
  type Channel,
  type ChannelDetail,
  type ChannelList,
  isoTime,
  type Stats,
  type User,
} from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;
const MALFORMED_IDS = ['abc', '-1', '1.5', '1e3', '0x1', '1%20', '%00', '99999999999999999999', 'null'];

export function channelsSuite(service: Service): void {
  describe('channels', () => {
    const people = cast(service, 'owner', 'member', 'stranger');
    const create = (who: Person, body: object) => who.api.post<Channel>('/channels', body);
    const list = async (who: Person) => (await who.api.get<ChannelList>('/channels')).data;
    const direct = (who: Person, whom: Person) => create(who, { type: 'direct', userIds: [whom.id] });

    describe('making a group', () => {
      test('gives the channel; its owner and the others are members', async () => {
        const { owner, member } = people;
        const reply = await create(owner, { type: 'group', name: 'Général', userIds: [member.id] });
        expect(reply.status).toBe(201);
        expect(reply.body).toEqual({
          success: true,
          data: { id: anInteger(), name: 'Général', type: 'group', ownerId: owner.id, createdAt: isoTime() },
        });
        const { data } = await member.elsewhere.get<ChannelDetail>(`/channels/${reply.data.id}`);
        expect(data.members.map((each) => each.id).sort()).toEqual([owner.id, member.id].sort());
      });

      test('needs no others, and takes ids as numeric strings', async () => {
        expect((await create(people.owner, { type: 'group', name: 'alone' })).status).toBe(201);
        expect((await create(people.owner, { type: 'group', name: 'empty', userIds: [] })).status).toBe(201);
        const { id } = (await create(people.owner, { type: 'group', name: 'x', userIds: [`${people.member.id}`] }))
          .data;
        expect((await people.member.api.get(`/channels/${id}`)).status).toBe(200);
      });

      test('belongs to the user of the token, whatever the body says', async () => {
        const body = { type: 'group', name: 'mine', ownerId: people.member.id, owner_id: 1, user_id: 1, sender_id: 1 };
        expect((await create(people.owner, body)).data.ownerId).toBe(people.owner.id);
      });

      test.each([
        ['no type', { name: 'x' }, 'type'],
        ['an unknown type', { type: 'secret', name: 'x' }, 'type'],
        ['no name', { type: 'group' }, 'name'],
        ['an empty name', { type: 'group', name: '' }, 'name'],
        ['a name that is no string', { type: 'group', name: 5 }, 'name'],
        ['a name of 256 characters', { type: 'group', name: 'n'.repeat(256) }, 'name'],
        ['users that are no list', { type: 'group', name: 'x', userIds: 1 }, 'userIds'],
        ['a user that is no id', { type: 'group', name: 'x', userIds: ['one'] }, 'userIds.0'],
        ['more than 1000 users', { type: 'group', name: 'x', userIds: range(1001) }, 'userIds'],
      ])('is refused with %s', async (_, body, field) => {
        expect(failedFields(await create(people.owner, body))).toEqual([field]);
      });

      test('takes a name of 1 or of 255 characters', async () => {
        for (const name of ['n', 'n'.repeat(255)]) {
          expect((await create(people.owner, { type: 'group', name })).data.name).toBe(name);
        }
      });

      test('with an unknown user makes nothing', async () => {
        const before = await list(people.owner);
        const ids = [people.member.id, UNKNOWN_ID];
        expectFailure(await create(people.owner, { type: 'group', name: 'x', userIds: ids }), 404, 'USER_NOT_FOUND');
        // A thousand are not too many: it is the unknown ones that are refused.
        const thousand = range(1000).map((index) => UNKNOWN_ID + index);
        expectFailure(
          await create(people.owner, { type: 'group', name: 'x', userIds: thousand }),
          404,
          'USER_NOT_FOUND',
        );
        expect(await list(people.owner)).toEqual(before);
      });
    });

    describe('making a direct channel', () => {
      test('gives the one that the pair has, from either side', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const first = await direct(ann, bob);
        expect(first.status).toBe(201);
        expect(first.data).toMatchObject({ type: 'direct', ownerId: ann.id });
        for (const again of [await direct(ann, bob), await direct(bob, ann)]) {
          expect(again.status).toBe(200);
          expect(again.data.id).toBe(first.data.id);
        }
        const { data } = await bob.api.get<ChannelDetail>(`/channels/${first.data.id}`);
        expect(data.members.map((each) => each.id).sort()).toEqual([ann.id, bob.id].sort());
      });

      test('makes one channel of requests at the same time from both sides', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const ask = (from: Person, to: Person) => ({ type: 'direct', userIds: [to.id], from });
        const asks = [ask(ann, bob), ask(bob, ann), ask(ann, bob), ask(bob, ann)];
        const replies = await Promise.all(
          asks.map(({ from, ...body }, index) =>
            (index < 2 ? from.api : from.elsewhere).post<Channel>('/channels', body),
          ),
        );
        expect(replies.map((reply) => reply.status).sort()).toEqual([200, 200, 200, 201]);
        expect(new Set(replies.map((reply) => reply.data.id)).size).toBe(1);
        expect((await list(ann)).direct).toHaveLength(1);
      });

      test('takes exactly one other user', async () => {
        const { owner, member, stranger } = people;
        for (const userIds of [undefined, [], [member.id, stranger.id], [owner.id]]) {
          expect(failedFields(await create(owner, { type: 'direct', userIds }))).toEqual(['userIds']);
        }
        expectFailure(await create(owner, { type: 'direct', userIds: [UNKNOWN_ID] }), 404, 'USER_NOT_FOUND');
      });

      test('makes a new one after the old one was deleted', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const { id } = (await direct(ann, bob)).data;
        expect((await ann.api.delete(`/channels/${id}`)).status).toBe(200);
        const again = await direct(bob, ann);
        expect(again.status).toBe(201);
        expect(again.data.id).not.toBe(id);
      });
    });

    describe('the list of channels', () => {
      test('has the groups, and direct channels under the email and avatar of the other', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        await bob.api.put<User>('/users/profile', { currentPassword: PASSWORD, avatar: 'https://example.com/bob.png' });
        const groupId = await group(ann, bob);
        const { id } = (await direct(ann, bob)).data;
        const reply = await ann.api.get<ChannelList>('/channels');
        expect(reply.status).toBe(200);
        const common = { ownerId: ann.id, createdAt: isoTime() };
        const paired = { id, type: 'direct', ...common };
        expect(reply.body).toEqual({
          success: true,
          data: {
            direct: [{ ...paired, name: bob.email, avatar: 'https://example.com/bob.png' }],
            group: [{ id: groupId, name: expect.any(String), type: 'group', ...common }],
          },
        });
        expect((await list(bob)).direct).toEqual([{ ...paired, name: ann.email, avatar: null }]);
      });

      test('is the own one: no channels of others', async () => {
        const id = await group(people.owner);
        expect((await list(people.stranger)).group.map((channel) => channel.id)).not.toContain(id);
      });
    });

    describe('one channel', () => {
      test('has its members with the time of their joining', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const reply = await member.api.get<ChannelDetail>(`/channels/${id}`);
        expect(reply.status).toBe(200);
        const shown = ({ id, username, email }: Person) => ({
          id,
          username,
          email,
          avatar: null,
          createdAt: isoTime(),
        });
        expect(reply.body).toEqual({
          success: true,
          data: {
            id,
            name: expect.any(String),
            type: 'group',
            ownerId: owner.id,
            createdAt: isoTime(),
            members: expect.toSatisfy((members: User[]) => {
              const byId = members.toSorted((a, b) => a.id - b.id);
              const wanted = [owner, member].toSorted((a, b) => a.id - b.id);
              expect(byId).toEqual(wanted.map((who) => ({ ...shown(who), joinedAt: isoTime() })));
              return true;
            }),
          },
        });
      });

      test('does not exist for those who are no members', async () => {
        const id = await group(people.owner);
        expectFailure(await people.stranger.api.get(`/channels/${id}`), 404, 'CHANNEL_NOT_FOUND');
        expectFailure(await people.owner.api.get(`/channels/${UNKNOWN_ID}`), 404, 'CHANNEL_NOT_FOUND');
      });

      test.each(MALFORMED_IDS)('is not asked for by %s', async (id) => {
        expect(failedFields(await people.owner.api.get(`/channels/${id}`))).toEqual(['id']);
      });
    });

    describe('renaming', () => {
      test('is for every member of a group', async () => {
        const id = await group(people.owner, people.member);
        const reply = await people.member.api.put<Channel>(`/channels/${id}`, { name: 'renamed' });
        expect(reply.status).toBe(200);
        const channel = { id, name: 'renamed', type: 'group', ownerId: people.owner.id, createdAt: isoTime() };
        expect(reply.body).toEqual({ success: true, data: channel });
        expect((await people.owner.elsewhere.get<Channel>(`/channels/${id}`)).data.name).toBe('renamed');
      });

      test('is refused to others, without a name, and for a direct channel', async () => {
        const { owner, member, stranger } = people;
        const id = await group(owner, member);
        const rename = (who: Person, name: unknown) => who.api.put(`/channels/${id}`, { name });
        expectFailure(await rename(stranger, 'mine'), 404, 'CHANNEL_NOT_FOUND');
        for (const name of [undefined, '', 'n'.repeat(256), 5]) {
          expect(failedFields(await rename(owner, name))).toEqual(['name']);
        }
        const pair = (await direct(owner, member)).data.id;
        expectFailure(await owner.api.put(`/channels/${pair}`, { name: 'ours' }), 400, 'DIRECT_CHANNEL');
      });
    });

    describe('deleting', () => {
      test('is for the owner; the channel is gone for everybody', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const message = await say(owner, id);
        const reply = await owner.api.delete(`/channels/${id}`);
        expect(reply.status).toBe(200);
        expect(reply.body).toMatchObject({ success: true, message: expect.any(String) });
        for (const path of [`/channels/${id}`, `/messages/channel/${id}`]) {
          expectFailure(await member.elsewhere.get(path), 404, 'CHANNEL_NOT_FOUND');
        }
        expectFailure(await owner.api.get(`/messages/${message.id}`), 404, 'MESSAGE_NOT_FOUND');
        const afterwards = { channelId: id, text: 'anybody?' };
        expectFailure(await member.api.post('/messages', afterwards), 404, 'CHANNEL_NOT_FOUND');
        expect((await list(member)).group.map((channel) => channel.id)).not.toContain(id);
        expectFailure(await owner.api.delete(`/channels/${id}`), 404, 'CHANNEL_NOT_FOUND');
      });

      test('is refused to other members, and hidden from strangers', async () => {
        const id = await group(people.owner, people.member);
        expectFailure(await people.member.api.delete(`/channels/${id}`), 403, 'FORBIDDEN');
        expectFailure(await people.stranger.api.delete(`/channels/${id}`), 404, 'CHANNEL_NOT_FOUND');
        expect((await people.member.api.get(`/channels/${id}`)).status).toBe(200);
      });
    });

    describe.each(TRANSPORTS)('what live clients hear, over %s', (transport) => {
      const connect = connector(service, transport);

      test('new members hear of the channel on all their connections, joined or not', async () => {
        const { owner, member } = people;
        const clients = [await connect(member, 0), await connect(member, 1)];
        const { id, name } = (await create(owner, { type: 'group', name: unique(), userIds: [member.id] })).data;
        for (const client of clients) {
          const { data } = await client.next(({ type, data }) => type === 'channel.added' && data.channel_id === id);
          expect(data).toEqual({ channel_id: id, name, type: 'group', owner_id: owner.id });
        }
      });

      test('the other user of a new direct channel hears of it', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const client = await connect(bob, 1);
        const { id } = (await direct(ann, bob)).data;
        const { data } = await client.next('channel.added');
        expect(data).toMatchObject({ channel_id: id, type: 'direct', owner_id: ann.id });
      });

      test('live members hear of the new name', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const clients = [await joined(connect, owner, id, 0), await joined(connect, member, id, 1)];
        await member.api.put(`/channels/${id}`, { name: 'heard' });
        for (const client of clients) {
          expect((await client.next('channel.updated')).data).toEqual({ channel_id: id, name: 'heard' });
        }
      });

      test('live members hear of the deletion, and are live in it no more', async () => {
        const { owner, member } = people;
        const id = await group(owner, member);
        const clients = [await joined(connect, owner, id, 0), await joined(connect, member, id, 1)];
        await owner.api.delete(`/channels/${id}`);
        for (const client of clients) {
          expect((await client.next('channel.deleted')).data).toMatchObject({ channel_id: id });
          const refused = await client.refused('channel.message', { channel_id: id, text: 'still here?' });
          expect(refused.code).toBe('CHANNEL_NOT_FOUND');
        }
        const live = async () => (await owner.elsewhere.get<Stats>('/ws/stats')).data.channelMembers;
        await expect.poll(async () => (await live()).map(({ channelId }) => channelId)).not.toContain(id);
      });
    });
  });
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}
