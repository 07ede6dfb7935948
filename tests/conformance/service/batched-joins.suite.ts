// Joining many channels by one frame: what each of them brings, and what is said of those that cannot be joined.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, say } from './kit/people.ts';

/** A channel that does not exist. */
const UNKNOWN = 2_000_000_000;
const MOST = 500;

export function batchedJoinsSuite(service: Service): void {
  describe('joining many channels', () => {
    const people = cast(service, 'ann', 'bob');

    describe.each(TRANSPORTS)('joining many channels over %s', (transport) => {
      const connect = connector(service, transport);

      test('is like joining each of them, and says which could not be joined', async () => {
        const { ann, bob } = people;
        const [first, second, short, deleted] = [
          await group(ann, bob),
          await group(ann, bob),
          await group(ann, bob),
          await group(bob, ann),
        ];
        const foreign = await group(bob);
        for (const text of ['one', 'two', 'three']) await say(bob, first, text);
        await say(bob, second, 'seen');
        await bob.api.delete(`/channels/${deleted}`);
        const client = await connect(ann, 1);
        const channels = [
          { channel_id: `${first}`, since: 1 },
          { channel_id: foreign, since: 0 },
          { channel_id: second },
          { channel_id: short, since: 9 },
          { channel_id: UNKNOWN },
          { channel_id: deleted },
        ];
        expect(await client.call('channel.join', { channels })).toEqual({
          joined: [
            { channel_id: first, last_seq: 3 },
            { channel_id: second, last_seq: 1 },
          ],
          not_found: [foreign, UNKNOWN, deleted],
          beyond: [short],
        });
        for (const id of [first, second]) await say(bob, id, 'live');
        await say(bob, short, 'not joined');
        for (const id of [first, second]) await settled(id, bob, client);
        const texts = (id: number) => framesOf(client, 'channel.message', id).map(({ data }) => data.text);
        expect(texts(first).slice(0, -1)).toEqual(['two', 'three', 'live']);
        expect(texts(second).slice(0, -1)).toEqual(['live']);
        expect(texts(short)).toEqual([]);
        expect(client.frames.findIndex(({ type }) => type === 'channel.message')).toBeGreaterThan(
          client.frames.findIndex(({ data }) => data.joined !== undefined),
        );
      });

      test('shows the user as live in each, and in none that was not joined', async () => {
        const { ann, bob } = people;
        const ids = [await group(ann, bob), await group(ann, bob), await group(ann, bob)];
        const watching = await connect(ann, 0);
        await watching.call('channel.join', { channels: ids.map((channel_id) => ({ channel_id })) });
        const client = await connect(bob, 1);
        await client.call('channel.join', {
          channels: [{ channel_id: ids[0] }, { channel_id: ids[1] }, { channel_id: ids[2], since: 7 }],
        });
        for (const channel_id of ids.slice(0, 2)) {
          const here = ({ type, data }: { type: string; data: object }) =>
            type === 'channel.join' && 'channel_id' in data && data.channel_id === channel_id;
          expect((await watching.next(here)).data).toMatchObject({ user_id: bob.id });
        }
        await settled(ids[2] as number, ann, watching);
        expect(framesOf(watching, 'channel.join', ids[2])).toEqual([]);
        const live = async (id = 0) => (await ann.api.get<{ members: number[] }>(`/ws/channels/${id}/members`)).data;
        expect(await live(ids[1])).toMatchObject({ memberCount: 2 });
        expect(await live(ids[2])).toMatchObject({ members: [ann.id] });
      });

      test('reads on in those that are joined already, and waits for joins and leaves before it', async () => {
        const { ann, bob } = people;
        const id = await group(ann, bob);
        await say(bob, id, 'again');
        const client = await joined(connect, ann, id);
        client.emit({ type: 'channel.leave', data: { channel_id: id } });
        const joins = { channels: [{ channel_id: id, since: 0 }] };
        expect(await client.call('channel.join', joins)).toMatchObject({ joined: [{ channel_id: id }] });
        await client.next('channel.message');
        expect(await client.call('channel.join', joins)).toMatchObject({ joined: [{ channel_id: id }] });
        await settled(id, bob, client);
        const texts = framesOf(client, 'channel.message', id).map(({ data }) => data.text);
        expect(texts.slice(0, -1)).toEqual(['again', 'again']);
      });

      test('takes 500 channels and no more, and one way of naming them', async () => {
        const { ann } = people;
        const id = await group(ann);
        const client = await connect(ann);
        const unknown = (count: number) => Array.from({ length: count }, (_, n) => ({ channel_id: UNKNOWN + n }));
        const most = await client.call('channel.join', { channels: [{ channel_id: id }, ...unknown(MOST - 1)] });
        expect(most).toMatchObject({ joined: [{ channel_id: id, last_seq: 0 }], beyond: [] });
        expect(most.not_found).toHaveLength(MOST - 1);
        expect(await client.call('channel.join', { channels: [] })).toEqual({ joined: [], not_found: [], beyond: [] });
        for (const data of [
          { channels: unknown(MOST + 1) },
          { channel_id: id, channels: [{ channel_id: id }] },
          { channels: [id] },
          { channels: { channel_id: id } },
          { channels: [{ channel_id: id }, { channel_id: 'x' }] },
          { channels: [{ channel_id: id, since: -1 }] },
          { channels: null },
          {},
        ]) {
          expect(await client.refused('channel.join', data)).toMatchObject({ code: 'VALIDATION_FAILED' });
        }
      });
    });
  });
}
