// Whether users are there: told to those who share a conversation with them, on every node, and to nobody else.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf } from './kit/live.ts';
import { cast, group, type Person, register, tell } from './kit/people.ts';

interface Shown {
  user_id: number;
  status: string;
  last_seen_at: string | null;
}

const OFFLINE_AFTER_MS = 15_000;
/** Well above the interval at which nodes look again. */
const PATIENCE = { timeout: 30_000, interval: 100 };

export function userPresenceSuite(service: Service): void {
  describe('the presence of users', () => {
    const people = cast(service, 'watcher', 'ann', 'bob', 'carl');
    const online = ({ id }: Person) => ({ user_id: id, status: 'online', last_seen_at: null });
    const away = ({ id }: Person) => ({ user_id: id, status: 'away', last_seen_at: null });
    const offline = ({ id }: Person, last_seen_at: string | null = null) => ({
      user_id: id,
      status: 'offline',
      last_seen_at,
    });

    const subscribe = async (client: ChatClient, ...whom: Array<{ id: number }>) =>
      client.call('presence.subscribe', { user_ids: whom.map(({ id }) => id) });
    /** Everything that the client was told of these users, in order. */
    const toldOf = (client: ChatClient, ...whom: Person[]) =>
      framesOf(client, 'presence.changed')
        .flatMap(({ data }) => data.users as Shown[])
        .filter(({ user_id }) => whom.some(({ id }) => id === user_id));
    const told = (client: ChatClient, expected: Shown[], ...whom: Person[]) =>
      expect.poll(() => toldOf(client, ...whom), PATIENCE).toEqual(expected);
    /** Friends of the watcher, with a direct conversation and nothing else. */
    const friends = async (watcher: Person, count: number) => {
      const made = await Promise.all(Array.from({ length: count }, () => register(service, 'friend')));
      for (const friend of made) await tell(friend, watcher);
      return made;
    };

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      test('is answered for those who share a channel or wrote directly; all others, and oneself, are hidden', async () => {
        const { watcher, ann, bob } = people;
        await group(watcher, ann);
        await tell(bob, watcher);
        const stranger = await register(service, 'stranger');
        await connect(ann, 1);
        await connect(stranger, 1);
        const client = await connect(watcher);
        const nobody = { id: 2_000_000_000 };
        const answer = await subscribe(client, stranger, ann, nobody, bob, watcher, ann);
        expect(answer.users).toHaveLength(2);
        expect(answer.users).toContainEqual(online(ann));
        expect(answer.users).toContainEqual({ user_id: bob.id, status: expect.any(String), last_seen_at: null });
        expect(answer.hidden).toEqual([stranger.id, nobody.id, watcher.id]);
        const ids = [stranger, ann, nobody, watcher].map(({ id }) => id);
        expect((await watcher.elsewhere.get(`/users/presence?ids=${ids.join(',')}`)).data).toEqual({
          users: [{ userId: ann.id, status: 'online', lastSeenAt: null }],
          hidden: [stranger.id, nobody.id, watcher.id],
        });
      });

      test('changes are told: that somebody comes, is away, and as soon as it is said, is there no more', async () => {
        const { watcher } = people;
        const [ann] = (await friends(watcher, 1)) as [Person];
        const watching = [await connect(watcher, 0), await connect(watcher, 1)];
        for (const each of watching) expect(await subscribe(each, ann)).toEqual({ users: [offline(ann)], hidden: [] });
        const clients = [await connect(ann, 1), await connect(ann, 0)];
        const expected: Shown[] = [online(ann)];
        const step = async (next: Shown[], ...said: Array<[client: number, status: string]>) => {
          for (const [client, status] of said) {
            expect(await clients[client]?.call('presence.set', { status })).toEqual({});
          }
          expected.push(...next);
          for (const each of watching) await told(each, expected, ann);
        };
        await step([]);
        await step([away(ann)], [0, 'away'], [1, 'away']);
        await step([online(ann)], [1, 'online']);
        // The other device is away.
        await step([away(ann)], [1, 'offline']);
        await step([offline(ann, expect.stringMatching(/^\d{4}-.*Z$/))], [0, 'offline']);
        await step([online(ann)], [0, 'online']);
      });

      test('a user is offline 15 s after the last connection; who comes back before that was never away', async () => {
        const { watcher } = people;
        const [ann, bob] = (await friends(watcher, 2)) as [Person, Person];
        const watching = await connect(watcher, 0);
        const clients = [await connect(ann, 0), await connect(ann, 1), await connect(bob, 0)];
        await subscribe(watching, ann, bob);
        for (const client of clients) await client.close();
        const left = Date.now();
        const late = await connect(watcher, 1);
        expect((await subscribe(late, ann, bob)).users).toEqual([online(ann), online(bob)]);
        await connect(bob, 1);
        const seen = offline(ann, expect.any(String));
        for (const each of [watching, late]) await told(each, [seen], ann);
        expect(Date.now() - left).toBeGreaterThan(OFFLINE_AFTER_MS - 1_000);
        const [{ last_seen_at: at }] = toldOf(watching, ann) as [Shown];
        expect(Math.abs(Date.parse(at as string) - left)).toBeLessThan(3_000);
        expect((await subscribe(await connect(watcher, 1), ann, bob)).users).toEqual([offline(ann, at), online(bob)]);
        for (const each of [watching, late]) expect(toldOf(each, bob)).toEqual([]);
      });

      test('is told no more once nothing is shared', async () => {
        const { watcher } = people;
        const [ann, bob, carl] = await Promise.all(['ann', 'bob', 'carl'].map((name) => register(service, name)));
        const [shared, kept] = [
          await group(watcher, ann as Person),
          await group(watcher, bob as Person, carl as Person),
        ];
        const clients = [await connect(ann, 1), await connect(bob, 1), await connect(carl, 1)];
        const watching = await connect(watcher, 0);
        await subscribe(watching, ann as Person, bob as Person, carl as Person);
        await (ann as Person).elsewhere.post(`/channels/${shared}/leave`, {});
        await watcher.elsewhere.delete(`/channels/${kept}/users?userId=${bob?.id}`);
        for (const client of clients) await client.call('presence.set', { status: 'away' });
        await told(watching, [away(carl as Person)], ...([ann, bob, carl] as Person[]));
        expect((await subscribe(watching, ann as Person)).hidden).toEqual([ann?.id]);
      });

      test('is told at most once a second, all that changed together', async () => {
        const { watcher } = people;
        const crowd = await friends(watcher, 5);
        const clients = await Promise.all(crowd.map((friend) => connect(friend, 1)));
        const watching = await connect(watcher, 0);
        await subscribe(watching, ...crowd);
        const begin = Date.now();
        for (let n = 0; Date.now() - begin < 3_000; n += 1) {
          const status = n % 2 ? 'online' : 'away';
          await Promise.all(clients.map((client) => client.call('presence.set', { status })));
        }
        await Promise.all(clients.map((client) => client.call('presence.set', { status: 'offline' })));
        const last = () =>
          new Set(
            toldOf(watching, ...crowd)
              .slice(-5)
              .map(({ status }) => status),
          );
        await expect.poll(last, PATIENCE).toEqual(new Set(['offline']));
        const times = framesOf(watching, 'presence.changed').map(({ timestamp }) => timestamp);
        for (const [index, time] of times.slice(1).entries()) {
          expect(time - (times[index] as number)).toBeGreaterThan(950);
        }
      });

      test('the last list counts, an empty one ends it', async () => {
        const { watcher } = people;
        const [ann, bob] = (await friends(watcher, 2)) as [Person, Person];
        const clients = [await connect(ann, 1), await connect(bob, 1)];
        const [watching, other] = [await connect(watcher, 0), await connect(watcher, 0)];
        await subscribe(watching, ann, bob);
        await subscribe(watching, bob);
        await subscribe(other, ann);
        expect(await subscribe(other)).toEqual({ users: [], hidden: [] });
        for (const client of clients) await client.call('presence.set', { status: 'away' });
        await told(watching, [away(bob)], ann, bob);
        expect(framesOf(other, 'presence.changed')).toEqual([]);
      });

      test('is refused with wrong data, which changes nothing', async () => {
        const { watcher } = people;
        const [ann] = (await friends(watcher, 1)) as [Person];
        const client = await connect(ann, 1);
        const watching = await connect(watcher, 0);
        await subscribe(watching, ann);
        const ids = (count: number) => Array.from({ length: count }, (_, index) => 1_000_000 + index);
        for (const user_ids of [undefined, null, 1, '1', {}, [null], [0], [-1], [1.5], ['x'], [[1]], ids(501)]) {
          expect(await watching.refused('presence.subscribe', { user_ids })).toMatchObject({
            code: 'VALIDATION_FAILED',
          });
        }
        for (const status of [undefined, null, 1, '', 'busy', 'ONLINE', ['away'], {}]) {
          expect(await client.refused('presence.set', { status })).toMatchObject({ code: 'VALIDATION_FAILED' });
        }
        await client.call('presence.set', { status: 'away' });
        await told(watching, [away(ann)], ann);
        expect((await watching.call('presence.subscribe', { user_ids: ids(500).map(String) })).hidden).toEqual(
          ids(500),
        );
      });
    });

    describe('of who hides', () => {
      const connect = connector(service, 'raw');

      test('is hidden, also from those who watched before, and so is that of an account that is gone', async () => {
        const { watcher } = people;
        const [ann, bob, carl] = (await friends(watcher, 3)) as [Person, Person, Person];
        const hide = `update users set "settings" = '{"showPresence": false}' where "id" = ${ann.id};
          update users set "deletedAt" = now() where "id" = ${bob.id}`;
        if (service.redis) {
          // The database of a cluster can change while it is watched.
          const clients = [await connect(ann, 1), await connect(carl, 1)];
          const watching = await connect(watcher, 0);
          await subscribe(watching, ann, bob, carl);
          await service.sql(hide);
          for (const client of clients) await client.call('presence.set', { status: 'away' });
          await told(watching, [away(carl)], ann, bob, carl);
        } else await service.sql(hide);
        const hidden = [ann.id, bob.id];
        expect(await subscribe(await connect(watcher, 0), ann, bob, carl)).toMatchObject({ hidden });
        // Who hides may look.
        expect((await subscribe(await connect(ann, 0), watcher)).users).toHaveLength(1);
      });

      test('when somebody was there last outlives a restart', async () => {
        const { watcher } = people;
        const [ann] = (await friends(watcher, 1)) as [Person];
        const client = await connect(ann, 1);
        await client.close();
        if (!service.redis) await service.sql('select 1');
        const before = Date.now();
        const shown = async () => (await subscribe(await connect(watcher, 0), ann)).users as Shown[];
        await expect.poll(shown, { ...PATIENCE, interval: 1_000 }).toEqual([offline(ann, expect.any(String))]);
        const [{ last_seen_at: at }] = (await shown()) as [Shown];
        expect(before - Date.parse(at as string)).toBeLessThan(20_000);
      });
    });
  });
}
