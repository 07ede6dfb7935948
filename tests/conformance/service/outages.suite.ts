// What clients see while the database or Redis is away or broken, and after it came back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../support/contract-clients.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';
import { ORIGIN, type Service, type Target, withService } from '../../support/service-under-test.ts';
import { connector, joined } from './kit/live.ts';
import { group, type Person, register, say, unique } from './kit/people.ts';
import { expectFailure, history, type Reply, rest, send } from './kit/rest.ts';
import { logFrames, reaches } from './kit/talks.ts';
import { tokenFor } from './kit/tokens.ts';
import type { Message } from './kit/wire.ts';

export function outagesSuite(target: Target): void {
  describe('while the database is away', () => {
    let postgres: PostgresServer;
    let service: Service;
    let ann: Person;
    let channelId: number;
    beforeAll(async () => {
      postgres = await startPostgres();
      service = await target.start({ DATABASE_URL: postgres.url });
      ann = await register(service, 'ann');
      channelId = await group(ann);
    }, 60_000);
    afterAll(async () => {
      await service?.stop();
      await postgres?.stop();
    });

    test('calls are told UNAVAILABLE, and work again afterwards; nothing is half-done', async () => {
      await say(ann, channelId, 'before');
      const client = await connect('raw', service.url(0), ann);
      await postgres.kill();
      const body = { channelId, text: 'during', clientId: unique() };
      expectFailure(await ann.api.post('/messages', body), 503, 'UNAVAILABLE');
      expectFailure(await ann.elsewhere.get('/channels'), 503, 'UNAVAILABLE');
      const onPage = await rest(service.url(1), ann.token, { origin: ORIGIN }).get('/channels');
      expectFailure(onPage, 503, 'UNAVAILABLE');
      expectReadable(onPage);
      const ready = await send(`${service.url(0)}/ready`);
      expect(ready.status).toBe(503);
      expect(ready.text).toMatch(/database/i);
      expect((await send(`${service.url(0)}/health`)).status).toBe(200);
      const refused = await client.refused('channel.message', { channel_id: channelId, text: 'live' });
      expect(refused.code).toBe('UNAVAILABLE');
      await postgres.restart();
      await expect.poll(async () => (await send(`${service.url(0)}/ready`)).status, { timeout: 15_000 }).toBe(200);
      const sent = await ann.api.post<Message>('/messages', body);
      expect([200, 201]).toContain(sent.status);
      const stored = await history(ann.api, `/messages/channel/${channelId}`);
      expect(stored.map(({ text }) => text)).toEqual(['before', 'during']);
      expect(stored.map(({ seq }) => seq)).toEqual([1, 2]);
      await client.call('channel.message', { channel_id: channelId, text: 'live again' });
      await client.close();
    }, 60_000);
  });

  describe('while Redis is away', () => {
    const service = withService(target);
    const connectTo = connector(service, 'raw');

    test('messages are stored and acked, and arrive everywhere at the latest when it is back', async () => {
      const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
      const id = await group(ann, bob);
      const [first, second] = [await joined(connectTo, ann, id, 0), await joined(connectTo, bob, id, 1)];
      await service.redis?.kill();
      for (let n = 1; n <= 5; n++) {
        const ack = await first.call('channel.message', { channel_id: id, text: `${n}` });
        expect(ack.seq).toBe(n);
      }
      await expect.poll(async () => (await send(`${service.url(0)}/ready`)).status, { timeout: 15_000 }).toBe(503);
      expect((await send(`${service.url(0)}/ready`)).text).toMatch(/redis/i);
      await service.redis?.restart();
      await expect.poll(async () => (await send(`${service.url(1)}/ready`)).status, { timeout: 15_000 }).toBe(200);
      for (const client of [first, second]) {
        await reaches(client, 5);
        expect(logFrames(client).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
      }
    }, 60_000);
  });

  describe('while Redis says nothing of it', () => {
    const service = withService(target);
    const connectTo = connector(service, 'raw');

    test('a session that was ended on one node ends on the others', async () => {
      const ann = await register(service, 'ann');
      const [client, used] = [await connectTo({ token: tokenFor(ann) }, 1), await connectTo(ann, 1)];
      await service.redis?.kill();
      const endedAt = performance.now();
      expect((await ann.api.post('/auth/logout-all')).status).toBe(200);
      const { code, at } = await client.closed;
      expect(code).toBe(4401);
      // By asking the database every second; the rest is for a machine that is busy.
      expect(at - endedAt).toBeLessThan(5_000);
      await used.call('ping');
      await ann.api.post('/auth/logout');
      expect((await used.closed).code).toBe(4401);
      expectFailure(await ann.elsewhere.get('/channels'), 401, 'UNAUTHORIZED');
    }, 60_000);
  });

  describe('when the database is not as it should be', () => {
    const service = withService(target);

    test('the failure is INTERNAL and shows nothing of the inside', async () => {
      const ann = await register(service, 'ann');
      const channelId = await group(ann);
      await service.sql('alter table channel_members rename to mislaid');
      const onPage = rest(service.url(0), ann.token, { origin: ORIGIN });
      const replies = [await onPage.get('/channels'), await onPage.post('/messages', { channelId, text: 'x' })];
      for (const reply of replies) {
        expectFailure(reply, 500, 'INTERNAL');
        expectReadable(reply);
        expect(reply.text).not.toMatch(/channel_members|mislaid|select|insert|relation|\.ts|\.js|at \w+ \(/i);
      }
      await service.sql('alter table mislaid rename to channel_members');
      await say(ann, channelId);
    });
  });
}

/** A page of the listed origin learns what went wrong. */
function expectReadable({ headers }: Reply<unknown>): void {
  expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
  expect(headers.get('access-control-allow-credentials')).toBe('true');
}
