// Ending sessions before their tokens run out: on every node, over every transport, at once.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { PASSWORD, type Person, person, register } from './kit/people.ts';
import { expectFailure, type Rest, rest } from './kit/rest.ts';
import { signToken, tokenFor } from './kit/tokens.ts';
import type { Session } from './kit/wire.ts';

/** Far more than it takes, for machines that are busy. */
const SOON = { timeout: 5_000, interval: 50 };

export function sessionsSuite(service: Service): void {
  describe('sessions', () => {
    const connects = TRANSPORTS.map((transport) => connector(service, transport));

    /** Signs in once more. */
    async function again({ email }: Person, password = PASSWORD): Promise<Person> {
      const { data } = await rest(service.url(0)).post<Session>('/auth/login', { email, password });
      return person(service, data);
    }

    /** A connection of each transport to each of two nodes. */
    function everywhere(who: Person): Promise<ChatClient[]> {
      return Promise.all(connects.flatMap((connect) => [connect(who, 0), connect(who, 1)]));
    }

    const isGood = async (api: Rest) => (await api.get('/users/profile')).status === 200;

    async function expectEnded(who: Person, clients: readonly ChatClient[]): Promise<void> {
      for (const { closed, transport } of clients) {
        const { code } = await closed;
        if (transport === 'raw') expect(code).toBe(4401);
      }
      for (const api of [who.api, who.elsewhere]) await expect.poll(() => isGood(api), SOON).toBe(false);
      expectFailure(await who.api.get('/channels'), 401, 'UNAUTHORIZED');
      expectFailure(await who.elsewhere.post('/messages', { receiverId: who.id, text: 'x' }), 401, 'UNAUTHORIZED');
      for (const connect of connects) {
        await expect(connect(who, 0)).rejects.toThrow();
        const client = await connect(undefined, 1);
        expect((await client.refused('authenticate', { token: who.token })).code).toBe('AUTHENTICATION_FAILED');
      }
    }

    async function expectGood(who: Person, clients: readonly ChatClient[]): Promise<void> {
      expect([await isGood(who.api), await isGood(who.elsewhere)]).toEqual([true, true]);
      for (const client of clients) await client.call('ping');
    }

    test('logout ends this token and the connections that came by it, and no other', async () => {
      const ann = await register(service, 'ann');
      const other = await again(ann);
      const [ended, goesOn] = [await everywhere(ann), await everywhere(other)];
      const reply = await ann.api.post('/auth/logout');
      expect({ status: reply.status, ...reply.body }).toMatchObject({ status: 200, success: true, data: null });
      await expectEnded(ann, ended);
      await expectGood(other, goesOn);
      expectFailure(await ann.api.post('/auth/logout'), 401, 'UNAUTHORIZED');
    });

    test('who signs in again in the same second has a token of their own', async () => {
      const ann = await register(service, 'ann');
      const [one, two] = await Promise.all([again(ann), again(ann)]);
      expect(new Set([ann.token, one.token, two.token]).size).toBe(3);
      await one.api.post('/auth/logout');
      await expect.poll(() => isGood(one.elsewhere), SOON).toBe(false);
      expect([await isGood(two.api), await isGood(two.elsewhere)]).toEqual([true, true]);
    });

    test('logout-all ends all other tokens, spares the one that is used, and what is issued afterwards', async () => {
      const ann = await register(service, 'ann');
      const other = await again(ann);
      const former = person(service, { user: ann, token: tokenFor(ann) });
      const [used, ended] = [await everywhere(ann), [...(await everywhere(other)), ...(await everywhere(former))]];
      expect((await ann.elsewhere.post('/auth/logout-all')).status).toBe(200);
      const fresh = await again(ann);
      const freshClients = await everywhere(fresh);
      await expectEnded(other, ended);
      await expectEnded(former, []);
      await expectGood(ann, used);
      await expectGood(fresh, freshClients);
      // The one that was spared first is an other one for the next.
      await fresh.api.post('/auth/logout-all');
      await expectEnded(ann, used);
      await expectGood(fresh, freshClients);
    });

    test('a change of the password does the same, and a change of anything else ends nothing', async () => {
      const ann = await register(service, 'ann');
      const other = await again(ann);
      const [used, ended] = [await everywhere(ann), await everywhere(other)];
      await ann.api.put('/users/profile', { currentPassword: PASSWORD, avatar: 'a.png' });
      await expectGood(other, ended);
      const password = 'battery staple';
      expect((await ann.api.put('/users/profile', { currentPassword: PASSWORD, password })).status).toBe(200);
      await expectEnded(other, ended);
      await expectGood(ann, used);
      const fresh = await again(ann, password);
      await expectGood(fresh, []);
    });

    test('a connection that was prolonged lives as long as the token that it came by last', async () => {
      const ann = await register(service, 'ann');
      const other = await again(ann);
      for (const connect of connects) {
        const client = await connect(ann, 1);
        await client.call('authenticate', { token: other.token });
        await ann.api.post('/auth/logout-all');
        const { code } = await client.closed;
        if (client.transport === 'raw') expect(code).toBe(4401);
        Object.assign(other, await again(ann));
      }
    });

    test('a token without an end is good for as long as ours, and one without an age for nothing', async () => {
      const { id, email, username } = await register(service, 'ann');
      const now = Math.floor(Date.now() / 1000);
      const profile = (claims: object) => isGood(rest(service.url(0), signToken({ id, email, username, ...claims })));
      expect(await profile({ iat: now - 23 * 3600 })).toBe(true);
      expect(await profile({ iat: now - 25 * 3600 })).toBe(false);
      expect(await profile({})).toBe(false);
      expect(await profile({ exp: now + 60 })).toBe(true);
      expect(await profile({ exp: now + 60, aud: 'another service' })).toBe(false);
    });
  });
}
