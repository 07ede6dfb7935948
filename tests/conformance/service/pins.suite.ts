// Pinned messages: told live, in a catch-up and in pages, listed by the latest pin, few in a conversation, gone with the
// message.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, register, say, tell } from './kit/people.ts';
import { expectFailure, failedFields, history } from './kit/rest.ts';
import { isoTime, type Message } from './kit/wire.ts';

type Pinned = Message & { pinnedAt?: string; pinnedBy?: number };

const UNKNOWN_ID = 2_000_000_000;
const MOST = 50;

export function pinsSuite(service: Service): void {
  describe('pins', () => {
    const people = cast(service, 'owner', 'member', 'stranger', 'admin');
    const pin = (who: Person, id: number | string) => who.api.put<Pinned>(`/messages/${id}/pin`);
    const unpin = (who: Person, id: number | string) => who.elsewhere.delete<Pinned>(`/messages/${id}/pin`);
    const read = (who: Person, id: number) => who.elsewhere.get<Pinned>(`/messages/${id}`);
    const pins = (who: Person, channelId: number | string) =>
      who.elsewhere.get<Pinned[]>(`/channels/${channelId}/pins`);
    const pinsWith = (who: Person, whom: number) => who.elsewhere.get<Pinned[]>(`/messages/friend/${whom}/pins`);
    const idsOf = async (reply: ReturnType<typeof pins>) => (await reply).data.map(({ id }) => id);

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      test('a pin is told to all who are live, and brought by a catch-up, as a page has it', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const message = await say(owner, channelId);
        const live = [await joined(connect, owner, channelId, 0), await joined(connect, member, channelId, 1)];
        const { data } = await pin(member, message.id);
        expect(data).toEqual({ ...message, updatedSeq: 2, pinnedAt: isoTime(), pinnedBy: member.id });
        const told = await Promise.all(live.map((client) => client.next('message.updated')));
        for (const frame of told) {
          expect(frame.seq).toBe(2);
          expect(frame.data).toMatchObject({ id: message.id, pinned_at: data.pinnedAt, pinned_by: member.id });
        }
        const late = await connect(owner, 1);
        await late.call('channel.join', { channel_id: channelId, since: 1 });
        expect((await late.next('message.updated')).data).toEqual(told[0]?.data);
        expect(await history(owner.elsewhere, `/messages/channel/${channelId}`)).toEqual([data]);
      });

      test('its end is told as well, and what changes nothing is told to nobody', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const message = await say(owner, channelId);
        const first = await pin(owner, message.id);
        const live = await joined(connect, owner, channelId, 1);
        expect((await pin(member, message.id)).data).toEqual(first.data);
        expect((await unpin(member, message.id)).data).toEqual({ ...message, updatedSeq: 3 });
        expect((await unpin(owner, message.id)).data).toEqual({ ...message, updatedSeq: 3 });
        await settled(channelId, owner, live);
        const told = framesOf(live, 'message.updated');
        expect(told.map(({ seq }) => seq)).toEqual([3]);
        expect(told[0]?.data).not.toHaveProperty('pinned_at');
        expect(told[0]?.data).not.toHaveProperty('pinned_by');
      });
    });

    test('they are listed with the newest pin first, whatever was sent first', async () => {
      const { owner, member } = people;
      const channelId = await group(owner, member);
      expect((await pins(member, channelId)).data).toEqual([]);
      const [one, two, three] = [await say(owner, channelId), await say(owner, channelId), await say(owner, channelId)];
      for (const { id } of [two, three, one]) await pin(member, id);
      expect(await idsOf(pins(owner, channelId))).toEqual([one.id, three.id, two.id]);
      await unpin(owner, two.id);
      await pin(owner, two.id);
      await owner.api.patch(`/messages/${three.id}`, { text: 'edited' });
      const { data } = await pins(owner, channelId);
      expect(data.map(({ id }) => id)).toEqual([two.id, one.id, three.id]);
      expect(data[2]).toEqual((await read(member, three.id)).data);
      expect(data[2]).toMatchObject({ text: 'edited', pinnedBy: member.id });
    });

    test('the two users of a pair have theirs, and nobody else', async () => {
      const { owner, member, stranger } = people;
      const { id } = await tell(owner, member);
      await tell(member, owner, 'not pinned');
      expect((await pin(member, id)).status).toBe(200);
      expect(await idsOf(pinsWith(owner, member.id))).toEqual([id]);
      expect(await idsOf(pinsWith(member, owner.id))).toEqual([id]);
      expect(await idsOf(pinsWith(stranger, owner.id))).toEqual([]);
      expectFailure(await pinsWith(owner, UNKNOWN_ID), 404, 'USER_NOT_FOUND');
      for (const call of [pin, unpin]) expectFailure(await call(stranger, id), 404, 'MESSAGE_NOT_FOUND');
      expect((await unpin(owner, id)).status).toBe(200);
    });

    test('they are for members of the channel, of any role', async () => {
      const { owner, member, stranger, admin } = people;
      const channelId = await group(owner, member);
      const { id } = await say(owner, channelId);
      for (const who of [stranger, admin]) {
        expectFailure(await pin(who, id), 404, 'MESSAGE_NOT_FOUND');
        expectFailure(await pins(who, channelId), 404, 'CHANNEL_NOT_FOUND');
      }
      expectFailure(await pins(owner, UNKNOWN_ID), 404, 'CHANNEL_NOT_FOUND');
      for (const call of [pin, unpin]) {
        expectFailure(await call(owner, UNKNOWN_ID), 404, 'MESSAGE_NOT_FOUND');
        expect(failedFields(await call(owner, 'x'))).toEqual(['id']);
      }
      expect(failedFields(await pins(owner, 'x'))).toEqual(['id']);
      expect((await read(owner, id)).data).not.toHaveProperty('pinnedAt');
    });

    test('a deletion unpins, and a deleted message cannot be pinned', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      const [kept, gone] = [await say(owner, channelId), await say(owner, channelId)];
      for (const { id } of [kept, gone]) await pin(owner, id);
      await owner.api.delete(`/messages/${gone.id}`);
      expect(await idsOf(pins(owner, channelId))).toEqual([kept.id]);
      expectFailure(await pin(owner, gone.id), 404, 'MESSAGE_NOT_FOUND');
    });

    test('a conversation has at most 50, however many are pinned at once; a deletion makes room', async () => {
      const pinner = await register(service, 'pinner');
      const [channelId, otherId] = [await group(pinner), await group(pinner)];
      const ids: number[] = [];
      for (let n = 0; n < MOST + 2; n++) ids.push((await say(pinner, channelId)).id);
      const replies = await Promise.all(
        ids.map((id, n) => (n % 2 ? pinner.api : pinner.elsewhere).put(`/messages/${id}/pin`)),
      );
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(MOST);
      const refused = replies.flatMap((reply, n) => (reply.status === 200 ? [] : { reply, id: ids[n] as number }));
      for (const { reply } of refused) {
        expectFailure(reply, 409, 'LIMIT_REACHED');
        expect(reply.body.details?.[0]?.path).toBe('pins');
      }
      const { data } = await pins(pinner, channelId);
      expect(new Set(data.map(({ pinnedAt }) => pinnedAt)).size).toBe(MOST);
      // What is pinned already may be said again; another conversation has its own.
      expect((await pin(pinner, data[0]?.id as number)).status).toBe(200);
      expect((await pin(pinner, (await say(pinner, otherId)).id)).status).toBe(200);
      const [one, other] = refused.map(({ id }) => id) as [number, number];
      await pinner.api.delete(`/messages/${data[5]?.id}`);
      expect((await pin(pinner, one)).status).toBe(200);
      expectFailure(await pin(pinner, other), 409, 'LIMIT_REACHED');
      await unpin(pinner, one);
      expect((await pin(pinner, other)).status).toBe(200);
      expect((await idsOf(pins(pinner, channelId)))[0]).toBe(other);
    });
  });
}
