// Metadata of messages: given with a message, merged in an edit, the same to everybody, and gone with the message.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector, framesOf, joined, settled } from './kit/live.ts';
import { cast, group, type Person, say, tell, unique } from './kit/people.ts';
import { expectFailure, failedFields, history } from './kit/rest.ts';
import type { Message } from './kit/wire.ts';

type WithMetadata = Message & { metadata?: Record<string, unknown> };

/** As JSON `{"k":"…"}`. */
const ofBytes = (bytes: number) => ({ k: 'x'.repeat(bytes - 8) });
const nested = (depth: number): object => (depth === 1 ? {} : { deeper: nested(depth - 1) });
const HARMLESS = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}},"toJSON":"x","hasOwnProperty":1}';

const GOOD: [string, object][] = [
  ['nothing', {}],
  ['all kinds of values', { text: 'ä "quoted" \\ 👋 \u2028', yes: true, none: null, number: -1.5, list: [1, [{}]] }],
  ['4 KiB', ofBytes(4096)],
  ['five levels', nested(5)],
  ['names that objects have', JSON.parse(HARMLESS)],
  ['a number that is written out', { large: 1e300, small: 1e-7 }],
];

const BAD: [string, unknown][] = [
  ['a list', [1]],
  ['a text', '{}'],
  ['a number', 1],
  ['4 KiB and a byte', ofBytes(4097)],
  ['six levels', nested(6)],
  ['NUL', { a: ['\u0000'] }],
  ['NUL in a name', { '\u0000': 1 }],
  ['a lone surrogate', { a: '\ud800' }],
  ['thousands of numbers that are written out', { a: Array(600).fill(1e300) }],
];

export function metadataSuite(service: Service): void {
  describe('metadata', () => {
    const people = cast(service, 'owner', 'member', 'stranger');
    const post = (who: Person, body: object) => who.api.post<WithMetadata>('/messages', body);
    const read = (who: Person, id: number) => who.elsewhere.get<WithMetadata>(`/messages/${id}`);
    const edit = (who: Person, id: number, body: object) => who.api.patch<WithMetadata>(`/messages/${id}`, body);

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      test.each(GOOD)('%s is shown as it was given: live, in a catch-up and in pages', async (_, metadata) => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const live = await joined(connect, owner, channelId, 1);
        const { id } = await (await connect(member)).call('channel.message', {
          channel_id: channelId,
          text: 'x',
          metadata,
        });
        const { data } = await live.next('channel.message');
        const late = await connect(owner, 0);
        await late.call('channel.join', { channel_id: channelId, since: 0 });
        const again = await late.next('channel.message');
        const [paged] = (await history(owner.elsewhere, `/messages/channel/${channelId}`)) as WithMetadata[];
        const shown = [
          data.metadata,
          again.data.metadata,
          paged?.metadata,
          (await read(owner, id as number)).data.metadata,
        ];
        for (const each of shown) {
          expect(each).toEqual(metadata);
          expect(Object.keys(each as object).sort()).toEqual(Object.keys(metadata).sort());
        }
      });

      test.each(BAD)('%s is refused', async (_, metadata) => {
        const { owner } = people;
        const channelId = await group(owner);
        const client = await connect(owner);
        const failure = await client.refused('channel.message', { channel_id: channelId, text: 'x', metadata });
        expect(failure).toMatchObject({ code: 'VALIDATION_FAILED', details: [{ path: 'metadata' }] });
        expect((await say(owner, channelId)).seq).toBe(1);
      });

      test('an edit is told with the whole of it', async () => {
        const { owner, member } = people;
        const channelId = await group(owner, member);
        const { id } = await say(member, channelId, 'x', { metadata: { a: 1, b: 2 } });
        const live = [await joined(connect, owner, channelId, 0), await joined(connect, owner, channelId, 1)];
        await edit(member, id, { metadata: { b: null, c: 3 } });
        for (const client of live) {
          const { data, seq } = await client.next('message.updated');
          expect([seq, data.text, data.metadata]).toEqual([2, 'x', { a: 1, c: 3 }]);
        }
        const late = await connect(owner, 1);
        await late.call('channel.join', { channel_id: channelId, since: 1 });
        expect((await late.next('message.updated')).data).toEqual(live[0]?.frames.at(-1)?.data);
        // What changes nothing is told to nobody, and takes no number.
        await edit(member, id, { metadata: { c: 3, unknown: null } });
        await settled(channelId, owner, ...live);
        for (const client of live) expect(framesOf(client, 'message.updated')).toHaveLength(1);
        expect((await say(owner, channelId)).seq).toBe(4);
      });
    });

    test('is not there where it was not given, and alone makes no message', async () => {
      const { owner } = people;
      const channelId = await group(owner);
      for (const more of [{}, { metadata: null }]) {
        expect((await post(owner, { channelId, text: 'x', ...more })).data).not.toHaveProperty('metadata');
      }
      expect(failedFields(await post(owner, { channelId, metadata: { a: 1 } }))).toEqual(['text']);
    });

    test.each(BAD)('%s is refused over REST, in an edit too', async (_, metadata) => {
      const { owner } = people;
      const channelId = await group(owner);
      const { id } = await say(owner, channelId, 'x', { metadata: { a: 1 } });
      expect(failedFields(await post(owner, { channelId, text: 'x', metadata }))).toEqual(['metadata']);
      expect(failedFields(await edit(owner, id, { text: 'y', metadata }))).toEqual(['metadata']);
      expect((await read(owner, id)).data).toMatchObject({ text: 'x', metadata: { a: 1 }, updatedSeq: 1 });
    });

    test.each<[string, object | undefined, unknown, object | undefined]>([
      ['adds to nothing', undefined, { a: 1 }, { a: 1 }],
      ['adds and replaces', { a: 1, b: [1, 2] }, { b: [3], c: 'x' }, { a: 1, b: [3], c: 'x' }],
      ['removes what is null', { a: 1, b: 2 }, { a: null }, { b: 2 }],
      ['merges objects in it', { a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }, { a: { c: 2, d: 3 } }],
      ['puts an object in place of a value', { a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
      ['puts a value in place of an object', { a: { b: 1 } }, { a: [null] }, { a: [null] }],
      ['leaves an object when all is removed', { a: 1 }, { a: null }, {}],
      ['removes all of it by null', { a: 1 }, null, undefined],
    ])('an edit %s', async (_, before, patch, after) => {
      const { owner, member } = people;
      const { id } = await tell(owner, member, 'x', { metadata: before });
      const { data } = await edit(owner, id, { metadata: patch });
      expect(data.metadata).toEqual(after);
      expect((await read(member, id)).data).toEqual(data);
    });

    test('names that objects have are merged like others', async () => {
      const { owner } = people;
      const { id } = await tell(owner, owner, 'x', { metadata: { a: 1 } });
      // JSON by hand, because an object literal would set a prototype.
      const { data } = await edit(owner, id, { metadata: JSON.parse(HARMLESS) });
      expect(JSON.stringify(data.metadata)).toContain('"__proto__":{"isAdmin":true}');
      const again = await edit(owner, id, { metadata: JSON.parse('{"__proto__":null}') });
      expect(Object.keys(again.data.metadata ?? {}).sort()).toEqual(['a', 'constructor', 'hasOwnProperty', 'toJSON']);
      expect(await tell(owner, owner)).not.toHaveProperty('isAdmin');
    });

    test('an edit of it alone leaves updatedAt, and one of the text does not; each leaves the other', async () => {
      const { owner } = people;
      const before = await tell(owner, owner, 'one', { metadata: { a: 1 }, silent: true });
      const first = (await edit(owner, before.id, { metadata: { b: 2 } })).data;
      expect(first).toEqual({ ...before, metadata: { a: 1, b: 2 }, updatedSeq: before.updatedSeq + 1 });
      const second = (await edit(owner, before.id, { text: 'two' })).data;
      expect(second).toMatchObject({ text: 'two', metadata: { a: 1, b: 2 }, silent: true });
      const third = (await edit(owner, before.id, { text: 'three', metadata: { a: null } })).data;
      expect(third).toMatchObject({ text: 'three', metadata: { b: 2 }, updatedSeq: before.updatedSeq + 3 });
      expect(Date.parse(third.updatedAt)).toBeGreaterThan(Date.parse(before.createdAt));
      expect(failedFields(await edit(owner, before.id, {}))).toEqual(['text']);
    });

    test('it has at most 4 KiB when it is merged too, and then nothing of the edit is done', async () => {
      const { owner } = people;
      const { id } = await tell(owner, owner, 'one', { metadata: ofBytes(4090) });
      expect(failedFields(await edit(owner, id, { text: 'two', metadata: { ab: 1 } }))).toEqual(['metadata']);
      expect((await read(owner, id)).data).toMatchObject({ text: 'one', metadata: ofBytes(4090) });
      // {"k":"…","a":1}
      expect((await edit(owner, id, { metadata: { a: 1 } })).data.metadata).toEqual({ ...ofBytes(4090), a: 1 });
      const quoted = { text: ': , " \\ \\" : , '.repeat(40), list: Array(1_500).fill(1) };
      expect(JSON.stringify(quoted).length).toBeLessThan(4096);
      const other = await tell(owner, owner, 'x', { metadata: quoted });
      expect((await edit(owner, other.id, { metadata: { one: 1 } })).status).toBe(200);
    });

    test('is edited by its sender alone', async () => {
      const { owner, member, stranger } = people;
      const { id } = await say(member, await group(owner, member), 'x', { metadata: { a: 1 } });
      expectFailure(await edit(owner, id, { metadata: { a: 2 } }), 403, 'FORBIDDEN');
      expectFailure(await edit(stranger, id, { metadata: { a: 2 } }), 404, 'MESSAGE_NOT_FOUND');
      expect((await read(member, id)).data.metadata).toEqual({ a: 1 });
    });

    test('many edits at once lose nothing', async () => {
      const { owner } = people;
      const { id } = await tell(owner, owner);
      const names = Array.from({ length: 20 }, (_, n) => `field${n}`);
      const apis = [owner.api, owner.elsewhere];
      await Promise.all(names.map((name, n) => apis[n % 2]?.patch(`/messages/${id}`, { metadata: { [name]: n } })));
      const whole = Object.fromEntries(names.map((name, n) => [name, n]));
      expect((await read(owner, id)).data.metadata).toEqual(whole);
    });

    test('is gone with the message, also for who sends it again', async () => {
      const { owner } = people;
      const body = { receiverId: owner.id, text: 'x', metadata: { a: 1 }, clientId: unique() };
      const { id } = (await post(owner, body)).data;
      await owner.api.delete(`/messages/${id}`);
      const again = await post(owner, body);
      expect(again.status).toBe(200);
      expect(again.data).not.toHaveProperty('metadata');
      expectFailure(await edit(owner, id, { metadata: { a: 2 } }), 404, 'MESSAGE_NOT_FOUND');
    });
  });
}
