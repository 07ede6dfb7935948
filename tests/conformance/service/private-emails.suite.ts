// PUBLIC_EMAILS=false: whatever a user calls or hears, no byte of it is the address of another one.
import { io } from 'socket.io-client';
import { beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { SERVER_FRAMES } from '../../../src/protocol/server-frames.ts';
import {
  type ChatClient,
  rawAddress,
  rawClient,
  type ServerFrame,
  socketIoClient,
} from '../../support/contract-clients.ts';
import { type Target, withService } from '../../support/service-under-test.ts';
import { admin, group, PASSWORD, type Person, register, say, tell, unique } from './kit/people.ts';
import { type Reply, rest, send } from './kit/rest.ts';
import type { Channel, ChannelDetail, ChannelList, Message, Session, User } from './kit/wire.ts';

/** All that there are: what is new belongs into what is lived through below. */
const FRAME_TYPES = SERVER_FRAMES.map(({ type }) => type);

interface Document {
  paths: Record<string, Record<string, { operationId: string }>>;
}

export function privateEmailsSuite(target: Target): void {
  describe('a service that shows no emails', () => {
    const service = withService(target, { PUBLIC_EMAILS: 'false' });
    let [ann, bob, boss] = [] as unknown as [Person, Person, Person];
    /** What bob and the admin got, as it came. */
    const bytes: string[] = [];

    beforeAll(async () => {
      boss = await admin(service);
      const hidden = () => `${unique('hidden')}@private.example`;
      [ann, bob] = [await register(service, 'ann', hidden()), await register(service, 'bob', hidden())];
    });

    const expectNothing = () => {
      const all = bytes.splice(0).join('\n');
      expect(all.length).toBeGreaterThan(0);
      for (const part of [ann.email, ann.email.split('@')[0] as string]) expect(all.toLowerCase()).not.toContain(part);
    };
    const note = async <T>(reply: Promise<Reply<T>>): Promise<Reply<T>> => {
      const { text, headers } = await reply;
      bytes.push(text, JSON.stringify([...headers]));
      return reply;
    };

    test('one’s own address is shown, that of others is null, for admins too', async () => {
      const login = { email: bob.email, password: PASSWORD };
      expect((await rest(service.url(0)).post<Session>('/auth/login', login)).data.user.email).toBe(bob.email);
      expect((await bob.api.get<User>('/users/profile')).data.email).toBe(bob.email);
      const found = async (who: Person, name: string) =>
        (await who.api.get<User[]>(`/users/search?username=${name}`)).data.map(({ email }) => email);
      expect(await found(bob, bob.username)).toEqual([bob.email]);
      for (const who of [bob, boss]) expect(await found(who, ann.username)).toEqual([null]);
      const id = await group(bob, ann, boss);
      for (const who of [bob, boss]) {
        const { members } = (await who.api.get<ChannelDetail>(`/channels/${id}`)).data;
        const own = (person: Person) => (person === who ? person.email : null);
        expect(members.map(({ email }) => email)).toEqual([bob, ann, boss].map(own));
      }
    });

    test('an address finds nobody', async () => {
      for (const part of [ann.email, ann.email.split('@')[0], '@', 'private.example']) {
        const path = `/users/search?username=${encodeURIComponent(part as string)}`;
        expect((await bob.api.get<User[]>(path)).data).toEqual([]);
      }
    });

    test('a direct channel is named by the other’s username, wherever it is named', async () => {
      const carol = await register(service, 'carol');
      const heard = await listen(carol, 'raw');
      const body = { type: 'direct', userIds: [carol.id] };
      const made = await bob.api.post<Channel>('/channels', body);
      const again = await bob.api.post<Channel>('/channels', body);
      expect([made.status, made.data.name, again.status, again.data.name]).toEqual([
        201,
        carol.username,
        200,
        carol.username,
      ]);
      const id = made.data.id;
      expect((await heard.next('channel.added')).data).toMatchObject({ channel_id: id, name: bob.username });
      for (const [who, other] of [
        [bob, carol],
        [carol, bob],
      ] as const) {
        const listed = (await who.api.get<ChannelList>('/channels')).data.direct.find((one) => one.id === id);
        expect([listed?.name, (await who.api.get<Channel>(`/channels/${id}`)).data.name]).toEqual([
          other.username,
          other.username,
        ]);
      }
      await heard.close();
      bytes.length = 0;
    });

    test('no call that the document names gives an address of another user away', async () => {
      const document = (await send(`${service.url(0)}/openapi.json`)) as unknown as { text: string };
      const { paths } = JSON.parse(document.text) as Document;
      const called = await callEverything();
      const operations = Object.values(paths).flatMap((path) => Object.values(path).map((one) => one.operationId));
      // A new call belongs into the list below.
      expect([...called.keys()].sort()).toEqual(operations.sort());
      for (const [name, statuses] of called)
        expect(
          statuses.some((status) => status < 300),
          name,
        ).toBe(true);
      expectNothing();
    });

    test('no frame does', async () => {
      const clients = [await listen(bob, 'raw'), await listen(bob, 'socketio')];
      const id = await group(ann, bob, boss);
      await clients[0]?.next('channel.added');
      const aside = await group(ann, bob);
      for (const client of clients) {
        await client.call('account.join', { since: 0 });
        await client.call('channel.join', { channels: [{ channel_id: aside }], mode: 'heads' });
        await client.call('channel.join', { channel_id: id, since: 0 });
        await client.call('direct.join', { user_id: ann.id, since: 0 });
        await client.call('ping');
        await client.refused('channel.join', { channel_id: 2_000_000_000 });
        await client.call('channel.message', { channel_id: id, text: 'from bob' });
      }
      await liveThrough(id, aside, clients);
      for (const client of clients) {
        await client.next('channel.deleted');
        // The last change of the account log.
        await client.next(({ type, data }) => type === 'conversation.removed' && data.channel_id === id);
      }
      // Again from the logs, changed messages and entries among them.
      for (const client of clients) {
        await client.call('direct.join', { user_id: ann.id, since: 0 });
        await client.call('account.join', { since: 0 });
      }
      for (const node of service.nodes) await node.stop();
      for (const client of clients) {
        await client.closed;
        const types = new Set(client.frames.map(({ type }) => type));
        const answers = client.transport === 'raw' ? [] : ['ack', 'error', 'pong'];
        expect([...new Set([...types, ...answers])].sort()).toEqual(FRAME_TYPES.toSorted());
      }
      expectNothing();
    });

    /** Ann does everything that others hear of, in channels that she owns; of `asideId` they hear the head only. */
    async function liveThrough(channelId: number, asideId: number, hearers: ChatClient[]): Promise<void> {
      const client = await rawClient(new WebSocket(rawAddress(service.url(0)), ['chat.v1', `bearer.${ann.token}`]));
      await client.call('channel.join', { channel_id: channelId });
      await client.call('typing.start', { channel_id: channelId });
      for (const hearer of hearers) await hearer.call('presence.subscribe', { user_ids: [ann.id] });
      await client.call('presence.set', { status: 'away' });
      for (const hearer of hearers) await hearer.next('presence.changed');
      for (const message of [await say(ann, channelId), await tell(ann, bob)]) {
        await ann.api.patch(`/messages/${message.id}`, { text: 'edited' });
        await ann.api.put(`/messages/${message.id}/reactions/a`, {});
        await ann.api.put(`/messages/${message.id}/pin`);
        if (message.channelId === null) await ann.api.delete(`/messages/${message.id}`);
      }
      await say(ann, asideId);
      for (const hearer of hearers) await hearer.next('channel.head');
      // Bob's own part changes, and the other connections of bob hear of it with what it is a part of.
      const direct = await ann.api.post<Channel>('/channels', { type: 'direct', userIds: [bob.id] });
      for (const [field, name] of [
        ['channel_id', `c${direct.data.id}`],
        ['user_id', `d${ann.id}`],
      ] as const) {
        await bob.api.patch(`/conversations/${name}`, { ownMetadata: { lived: true } });
        const isTold = (frame: ServerFrame) =>
          frame.type === 'conversation.updated' &&
          frame.data[field] === Number(name.slice(1)) &&
          JSON.stringify(frame.data.own_metadata) === '{"lived":true}';
        for (const hearer of hearers) await hearer.next(isTold);
      }
      await bob.api.patch('/users/settings', { receipts: false });
      for (const hearer of hearers) await hearer.next('account.updated');
      await ann.api.put(`/channels/${channelId}`, { name: 'renamed' });
      await boss.api.post(`/ws/channels/${channelId}/broadcast`, { message: 'hear' });
      await client.call('channel.leave', { channel_id: channelId });
      for (const hearer of hearers) await hearer.next('channel.leave');
      await ann.api.delete(`/channels/${channelId}`);
      await client.close();
    }

    /** A connection whose bytes are kept. */
    async function listen(who: Person, transport: 'raw' | 'socketio'): Promise<ChatClient> {
      const url = service.url(0);
      if (transport === 'raw') {
        const socket = new WebSocket(rawAddress(url), ['chat.v1', `bearer.${who.token}`]);
        socket.on('message', (data) => void bytes.push(String(data)));
        return rawClient(socket);
      }
      const options = { transports: ['websocket'], reconnection: false, forceNew: true, auth: { token: who.token } };
      const socket = io(url, options);
      socket.io.on('open', () => socket.io.engine.on('data', (data) => void bytes.push(String(data))));
      return socketIoClient(socket);
    }

    /** Every call of the document, by bob, or by the admin where it is an admin's; gives the statuses by operation. */
    async function callEverything(): Promise<Map<string, number[]>> {
      const called = new Map<string, number[]>();
      const as = async <T>(operation: string, reply: Promise<Reply<T>>): Promise<Reply<T>> => {
        const { status } = await note(reply);
        called.set(operation, [...(called.get(operation) ?? []), status]);
        return reply;
      };
      const { api } = bob;
      const origin = service.url(0);
      await as('getHealth', send(`${origin}/health`));
      await as('getReadiness', send(`${origin}/ready`));
      await as('getMetrics', send(`${origin}/metrics`));

      const anybody = rest(origin);
      const email = ann.email.toUpperCase();
      await as('register', anybody.post('/auth/register', { username: unique(), email, password: PASSWORD }));
      await as(
        'register',
        anybody.post('/auth/register', { username: ann.username, email: 'x@y.zz', password: PASSWORD }),
      );
      const fresh = { username: unique(), email: `${unique()}@example.com`, password: PASSWORD };
      await as('register', anybody.post<Session>('/auth/register', fresh));
      await as('login', anybody.post('/auth/login', { email, password: 'wrong password' }));
      const again = await as('login', anybody.post<Session>('/auth/login', { email: bob.email, password: PASSWORD }));
      await as('logout', rest(origin, again.data.token).post('/auth/logout'));

      await as('getProfile', api.get('/users/profile'));
      const profile = { currentPassword: PASSWORD, avatar: 'https://example.com/b.png' };
      await as('updateProfile', api.put('/users/profile', { ...profile, username: ann.username }));
      await as('updateProfile', api.put('/users/profile', profile));
      for (const name of [ann.username, bob.username, encodeURIComponent(ann.email)])
        await as('searchUsers', api.get(`/users/search?username=${name}`));
      for (const receipts of [false, true]) await as('updateSettings', api.patch('/users/settings', { receipts }));
      await as('getPresence', api.get(`/users/presence?ids=${ann.id}`));

      const userIds = [ann.id];
      const made = await as('createChannel', api.post<Channel>('/channels', { type: 'group', name: 'all', userIds }));
      for (const _ of ['made', 'known']) await as('createChannel', api.post('/channels', { type: 'direct', userIds }));
      const { direct } = (await as('listChannels', api.get<ChannelList>('/channels'))).data;
      expect(direct).toHaveLength(2);
      const { id } = made.data;
      for (const one of [id, ...direct.map((channel) => channel.id)])
        await as('getChannel', api.get(`/channels/${one}`));
      await as('renameChannel', api.put(`/channels/${id}`, { name: 'renamed' }));
      await as('addMember', api.post(`/channels/${id}/users`, { userId: ann.id }));
      await as('removeMember', api.delete(`/channels/${id}/users?userId=${ann.id}`));
      await as('addMember', api.post(`/channels/${id}/users`, { userId: ann.id }));
      await as('removeMemberByFormerName', api.delete(`/channels/${id}/user?userId=${ann.id}`));
      await as('addMemberByFormerName', api.post(`/channels/${id}/user`, { userId: ann.id }));
      await as('addMember', api.post(`/channels/${id}/users`, { userId: boss.id }));
      await as('leaveChannelByFormerName', boss.api.put(`/channels/${id}/user`));
      await as('addMember', api.post(`/channels/${id}/users`, { userId: boss.id }));

      const said = await say(ann, id);
      const told = await tell(ann, bob);
      await as('sendMessage', api.post('/messages', { channelId: id, text: 'one' }));
      const mine = await as('sendMessage', api.post<{ id: number }>('/messages', { receiverId: ann.id, text: 'two' }));
      await as('listChannelMessages', api.get(`/messages/channel/${id}`));
      await as('listDirectMessages', api.get(`/messages/friend/${ann.id}`));
      for (const one of [said, told]) {
        await as('getMessage', api.get(`/messages/${one.id}`));
        await as('editMessage', api.patch(`/messages/${one.id}`, { text: 'not mine' }));
        await ann.api.put(`/messages/${one.id}/reactions/a`, {});
        await as('addReaction', api.put(`/messages/${one.id}/reactions/b`, {}));
        await as('listReactions', api.get(`/messages/${one.id}/reactions`));
        await as('removeReaction', api.delete(`/messages/${one.id}/reactions/b`));
        const answered = { channelId: one.channelId, receiverId: one.channelId === null ? ann.id : null };
        await as('sendMessage', api.post('/messages', { ...answered, text: 'reply', replyToId: one.id }));
        const replies = await as('listReplies', api.get<Message[]>(`/messages/${one.id}/replies`));
        expect(replies.data).toHaveLength(1);
        await as('pinMessage', api.put(`/messages/${one.id}/pin`));
        await as('listChannelPins', api.get(`/channels/${id}/pins`));
        await as('listDirectPins', api.get(`/messages/friend/${ann.id}/pins`));
        await as('unpinMessage', api.delete(`/messages/${one.id}/pin`));
        await as('getMessages', api.get(`/messages?ids=${said.id},${told.id}`));
        await as('deleteMessage', api.delete(`/messages/${one.id}`));
      }
      await as('editMessage', api.patch(`/messages/${mine.data.id}`, { text: 'three' }));
      await as('deleteMessage', api.delete(`/messages/${mine.data.id}`));
      await as('listOwnReactions', api.get(`/reactions/mine?channelId=${id}`));
      await as('listConversations', api.get('/conversations'));
      const entries = [`c${id}`, ...direct.map((channel) => `c${channel.id}`), `d${ann.id}`];
      for (const name of entries) {
        await as('getConversation', api.get(`/conversations/${name}`));
        await as('updateConversation', api.patch(`/conversations/${name}`, { favourite: true }));
      }
      const positions = [
        { channelId: id, seq: 1 },
        { userId: ann.id, seq: 1 },
      ];
      await as('markRead', api.post('/conversations/read', positions));
      await as('markAllRead', api.post('/conversations/read-all', {}));
      await as('sync', api.post('/sync', {}));

      const live = await rawClient(new WebSocket(rawAddress(origin), ['chat.v1', `bearer.${ann.token}`]));
      await live.call('channel.join', { channel_id: id });
      for (const who of [bob, boss]) {
        await as('getLiveStats', who.api.get('/ws/stats'));
        await as('listLiveMembers', who.api.get(`/ws/channels/${id}/members`));
        await as('listLiveUsers', who.api.get('/ws/users'));
        await as('broadcast', who.api.post(`/ws/channels/${id}/broadcast`, { message: 'hear' }));
        await as('disconnectUser', who.api.delete(`/ws/users/${ann.id}`));
        await as('searchUsers', who.api.get(`/users/search?username=${ann.username}`));
        await as('getChannel', who.api.get(`/channels/${id}`));
      }
      await live.closed;
      await as('leaveChannel', boss.api.post(`/channels/${id}/leave`));
      await as('deleteChannel', api.delete(`/channels/${id}`));
      await as('getChannel', api.get(`/channels/${id}`));
      await as('sync', api.post('/sync', { since: 0, heads: { [`c${id}`]: 1 } }));
      await as('logoutAll', api.post('/auth/logout-all'));
      return called;
    }
  });
}
