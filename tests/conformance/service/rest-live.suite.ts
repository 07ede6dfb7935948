// The live side over REST: who is connected and where, what an admin can do about it.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, register } from './kit/people.ts';
import { expectFailure, failedFields } from './kit/rest.ts';
import type { Stats } from './kit/wire.ts';

const UNKNOWN_ID = 2_000_000_000;

interface LiveMembers {
  channelId: number;
  members: number[];
  memberCount: number;
}

export function liveSuite(service: Service): void {
  describe('the live side', () => {
    const people = cast(service, 'owner', 'member', 'stranger', 'admin');
    const stats = async (who: Person) => (await who.elsewhere.get<Stats>('/ws/stats')).data;
    const members = (who: Person, id: number) => who.elsewhere.get<LiveMembers>(`/ws/channels/${id}/members`);
    const users = async (who: Person) =>
      (await who.elsewhere.get<{ users: number[]; count: number }>('/ws/users')).data;
    const broadcast = (who: Person, id: number, body: unknown) => who.api.post(`/ws/channels/${id}/broadcast`, body);
    const disconnect = (who: Person, id: number) => who.api.delete(`/ws/users/${id}`);

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      test('the statistics count users once, connections each, and the live members of channels', async () => {
        const { owner, member } = people;
        const [id, other] = [await group(owner, member), await group(owner)];
        // The connections of earlier tests may still be on their way out: what counts is the difference that ours make.
        await expect.poll(async () => (await stats(owner)).connections).toBe(0);
        await joined(connect, owner, id, 0);
        await joined(connect, owner, id, 1);
        const third = await joined(connect, member, id, 1);
        await third.call('channel.leave', { channel_id: id });
        await joined(connect, owner, other, 0);
        await expect
          .poll(() => stats(owner))
          .toEqual({
            connectedUsers: 2,
            connections: 4,
            totalChannels: 2,
            channelMembers: expect.arrayContaining([
              { channelId: id, memberCount: 1 },
              { channelId: other, memberCount: 1 },
            ]),
            nodes: service.nodes.length,
          });
      });

      test('the live members of a channel are those who joined it, each once', async () => {
        const { owner, member, stranger, admin } = people;
        const id = await group(owner, member, stranger);
        expect((await members(owner, id)).body).toEqual({
          success: true,
          data: { channelId: id, members: [], memberCount: 0 },
        });
        await joined(connect, owner, id, 0);
        await joined(connect, owner, id, 1);
        const client = await joined(connect, member, id, 1);
        await connect(stranger);
        for (const who of [owner, admin]) {
          const { data } = await members(who, id);
          expect(data).toMatchObject({ channelId: id, memberCount: 2 });
          expect(data.members.toSorted((a, b) => a - b)).toEqual([owner.id, member.id].toSorted((a, b) => a - b));
        }
        await client.close();
        await expect.poll(async () => (await members(owner, id)).data.members).toEqual([owner.id]);
      });

      test('the connected users are each listed once', async () => {
        const { owner, member } = people;
        await connect(owner, 0);
        await connect(owner, 1);
        const client = await connect(member, 1);
        const listed = await users(owner);
        expect(listed.count).toBe(listed.users.length);
        for (const who of [owner, member]) expect(listed.users.filter((id) => id === who.id)).toEqual([who.id]);
        await client.close();
        await expect.poll(async () => (await users(owner)).users).not.toContain(member.id);
      });

      test('who was told that it is connected, or live, is so to every node, however many come and go', async () => {
        const { owner, member, stranger, admin } = people;
        const id = await group(owner, member, stranger, admin);
        const comeAndGo = async (who: Person) => {
          for (let n = 0; n < 30; n += 1) {
            const client = await connect(who, 0);
            expect((await users(owner)).users).toContain(who.id);
            await client.call('channel.join', { channel_id: id });
            expect((await members(owner, id)).data.members).toContain(who.id);
            await client.close();
          }
        };
        await Promise.all([member, stranger, admin].map(comeAndGo));
      });

      test('an admin speaks to all who are live in a channel, a member or not', async () => {
        const { owner, member, stranger, admin } = people;
        const id = await group(owner, member, stranger);
        const clients = [await joined(connect, owner, id, 0), await joined(connect, member, id, 1)];
        const unjoined = await connect(stranger);
        const reply = await broadcast(admin, id, { message: 'Attention, please' });
        expect(reply.status).toBe(200);
        expect(reply.body.success).toBe(true);
        const said = { channel_id: id, message: 'Attention, please', timestamp: expect.anything() };
        for (const client of clients)
          expect((await client.next('admin.message')).data).toEqual({ ...said, type: 'admin' });
        await broadcast(admin, id, { message: 'Attention, please', type: 'warning' });
        for (const client of clients) {
          expect((await client.next('admin.message')).data).toEqual({ ...said, type: 'warning' });
        }
        await unjoined.fence();
        expect(framesOf(unjoined, 'admin.message')).toEqual([]);
      });

      test('an admin closes all connections of a user, on every node', async () => {
        const { owner, admin } = people;
        const victim = await register(service, 'victim');
        const channelId = await group(owner, victim);
        const bystander = await joined(connect, owner, channelId);
        const clients = [
          await joined(connect, victim, channelId, 0),
          await connect(victim, 1),
          await connect(victim, 1),
        ];
        const reply = await disconnect(admin, victim.id);
        expect(reply.status).toBe(200);
        expect(reply.body.success).toBe(true);
        for (const client of clients) await expectThrownOut(client);
        await settled(channelId, owner, bystander);
        await expect.poll(async () => (await disconnect(admin, victim.id)).status).toBe(404);
        expectFailure(await disconnect(admin, victim.id), 404, 'USER_NOT_FOUND');
        // Thrown out is not locked out.
        await connect(victim);
      });
    });

    async function expectThrownOut(client: ChatClient): Promise<void> {
      const { code, reason } = await client.closed;
      if (client.transport === 'raw') expect(code).toBe(4403);
      else expect(reason).toMatch(/server|transport close/);
    }

    test('who is live in a channel is for its members and admins', async () => {
      const id = await group(people.owner);
      expectFailure(await members(people.stranger, id), 404, 'CHANNEL_NOT_FOUND');
      expectFailure(await members(people.owner, UNKNOWN_ID), 404, 'CHANNEL_NOT_FOUND');
      expectFailure(await members(people.admin, UNKNOWN_ID), 404, 'CHANNEL_NOT_FOUND');
      const reply = await people.owner.api.get('/ws/channels/x/members');
      expect(failedFields(reply)).toEqual(['channelId']);
    });

    test('only admins broadcast and disconnect', async () => {
      const { owner, member } = people;
      const id = await group(owner, member);
      expectFailure(await broadcast(owner, id, { message: 'x' }), 403, 'FORBIDDEN');
      expectFailure(await disconnect(owner, member.id), 403, 'FORBIDDEN');
      expectFailure(await disconnect(owner, owner.id), 403, 'FORBIDDEN');
    });

    test('a broadcast needs a message and a channel', async () => {
      const { owner, admin } = people;
      const id = await group(owner);
      for (const message of [undefined, '', 5]) {
        expect(failedFields(await broadcast(admin, id, { message }))).toEqual(['message']);
      }
      expect(failedFields(await broadcast(admin, id, { message: 'x', type: 1 }))).toEqual(['type']);
      expectFailure(await broadcast(admin, UNKNOWN_ID, { message: 'x' }), 404, 'CHANNEL_NOT_FOUND');
    });

    test('a broadcast is no longer than a message may be', async () => {
      const { owner, admin } = people;
      const id = await group(owner);
      expect((await broadcast(admin, id, { message: 'x'.repeat(10_000) })).status).toBe(200);
      expect(failedFields(await broadcast(admin, id, { message: 'x'.repeat(10_001) }))).toEqual(['message']);
      expect(failedFields(await broadcast(admin, id, { message: 'x', type: 'x'.repeat(51) }))).toEqual(['type']);
    });

    test('a user without a connection cannot be disconnected', async () => {
      expectFailure(await disconnect(people.admin, people.stranger.id), 404, 'USER_NOT_FOUND');
      expectFailure(await disconnect(people.admin, UNKNOWN_ID), 404, 'USER_NOT_FOUND');
      expect(failedFields(await people.admin.api.delete('/ws/users/x'))).toEqual(['userId']);
    });
  });
}
