// The modes of a join: who is shown as live, who gets events, and how far a channel has come for those who get none.
import { describe, expect, test } from 'vitest';
import { type ChatClient, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, LOG_FRAMES, settled } from './kit/live.ts';
import { cast, group, say } from './kit/people.ts';

const SPACING_MS = 1_000;
/** Timers and the network are not exact. */
const TOLERANCE_MS = 200;

export function joinModesSuite(service: Service): void {
  describe('modes of a join', () => {
    const people = cast(service, 'ann', 'bob');
    const live = async (id: number) =>
      (await people.bob.api.get<{ members: number[] }>(`/ws/channels/${id}/members`)).data.members;
    const headAt = async (client: ChatClient, id: number, seq: number) =>
      (
        await client.next(
          (frame) => frame.type === 'channel.head' && frame.data.channel_id === id && frame.data.last_seq === seq,
        )
      ).data;

    describe.each(TRANSPORTS)('modes of a join over %s', (transport) => {
      const connect = connector(service, transport);

      test('a follower gets everything and is not shown, until it joins as live', async () => {
        const { ann, bob } = people;
        const id = await group(bob, ann);
        await say(bob, id, 'before');
        const watching = await joined(connect, bob, id, 0);
        const follower = await connect(ann, 1);
        const ack = await follower.call('channel.join', { channel_id: id, since: 0, mode: 'follow' });
        expect(ack).toEqual({ channel_id: id, last_seq: 1 });
        await settled(id, bob, watching, follower);
        expect(framesOf(follower, 'channel.message', id)).toHaveLength(2);
        expect(await live(id)).toEqual([bob.id]);
        expect(framesOf(watching, 'channel.join', id)).toEqual([]);

        await follower.call('channel.join', { channel_id: id });
        expect((await watching.next('channel.join')).data).toMatchObject({ channel_id: id, user_id: ann.id });
        expect(new Set(await live(id))).toEqual(new Set([ann.id, bob.id]));
        await follower.call('channel.join', { channels: [{ channel_id: id }], mode: 'follow' });
        expect((await watching.next('channel.leave')).data).toMatchObject({ channel_id: id, user_id: ann.id });
        await settled(id, bob, watching, follower);
        expect(framesOf(follower, 'channel.message', id)).toHaveLength(3);
        await follower.close();
        await settled(id, bob, watching);
        expect(framesOf(watching, 'channel.leave', id)).toHaveLength(1);
      });

      test('with heads only the head comes, at most once a second, and says if something was deleted', async () => {
        const { ann, bob } = people;
        const ids = [await group(bob, ann), await group(bob, ann)] as const;
        const [id, other] = ids;
        const client = await connect(ann, 1);
        const channels = ids.map((channel_id) => ({ channel_id }));
        expect(await client.call('channel.join', { channels, mode: 'heads' })).toMatchObject({ not_found: [] });
        const { id: gone } = await say(bob, id);
        const first = await headAt(client, id, 1);
        expect(first).toMatchObject({ channel_id: id, last_seq: 1, deleted: false, mentioned: [] });
        expect(Number.isNaN(Date.parse(first.last_event_at as string))).toBe(false);
        for (let n = 2; n <= 9; n += 1) await say(n % 2 === 0 ? bob : { ...bob, api: bob.elsewhere }, id);
        await bob.api.delete(`/messages/${gone}`);
        await say(bob, other);
        expect(await headAt(client, id, 10)).toMatchObject({ deleted: true });
        expect(await headAt(client, other, 1)).toMatchObject({ deleted: false });
        const times = framesOf(client, 'channel.head', id).map(({ timestamp }) => timestamp);
        for (const [at, time] of times.slice(1).entries()) {
          expect(time - (times[at] as number)).toBeGreaterThan(SPACING_MS - TOLERANCE_MS);
        }
        expect(framesOf(client, LOG_FRAMES)).toEqual([]);
        expect(await live(id)).toEqual([]);
      });

      test('from heads to live and back, and no further than the membership', async () => {
        const { ann, bob } = people;
        const id = await group(bob, ann);
        const client = await connect(ann, 0);
        await client.call('channel.join', { channel_id: id, mode: 'heads' });
        await client.call('channel.join', { channel_id: id, since: 0 });
        await settled(id, bob, client);
        expect(await live(id)).toEqual([ann.id]);
        await client.call('channel.join', { channel_id: id, mode: 'heads' });
        expect(await live(id)).toEqual([]);
        await say(bob, id);
        await headAt(client, id, 2);
        expect(framesOf(client, 'channel.message', id)).toHaveLength(1);
        await bob.elsewhere.delete(`/channels/${id}/users`, { userId: ann.id });
        expect((await client.next('channel.leave')).data).toMatchObject({ channel_id: id, user_id: ann.id });
        const still = await group(bob, ann);
        await client.call('channel.join', { channel_id: still, mode: 'heads' });
        await say(bob, id);
        await say(bob, still);
        await headAt(client, still, 1);
        expect(framesOf(client, 'channel.head', id)).toHaveLength(1);
        await client.call('channel.leave', { channel_id: still });
        await say(bob, still);
        await bob.api.delete(`/channels/${still}`);
        await client.fence();
        expect(framesOf(client, ['channel.head', 'channel.deleted'], still)).toHaveLength(1);
      });

      test('there are no others', async () => {
        const id = await group(people.ann);
        const client = await connect(people.ann);
        for (const mode of ['quiet', 1, {}]) {
          const refused = await client.refused('channel.join', { channel_id: id, mode });
          expect(refused).toMatchObject({ code: 'VALIDATION_FAILED', details: [{ path: 'mode' }] });
        }
      });
    });
  });
}
