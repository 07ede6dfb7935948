// Coming back: what a join with `since` brings, in which form and order, and that it meets the live events seamlessly.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { cast, register } from './kit/people.ts';
import { logFrames, logFramesSinceAck, reaches, replay, TALKS, type Talk } from './kit/talks.ts';
import type { Message } from './kit/wire.ts';

export function catchUpSuite(service: Service): void {
  describe('catching up', () => {
    const people = cast(service, 'writer');
    const edit = (talk: Talk, { id }: Message, text: string) => talk.writer.api.patch(`/messages/${id}`, { text });
    const remove = (talk: Talk, { id }: Message) => talk.writer.elsewhere.delete(`/messages/${id}`);

    describe.each(TRANSPORTS)('over %s', (transport) => {
      const connect = connector(service, transport);

      describe.each(TALKS)('catching up in %s', (_, make) => {
        const begin = async (): Promise<Talk> => make(people.writer, await register(service, 'reader'));

        async function saying(talk: Talk, count: number): Promise<Message[]> {
          const messages: Message[] = [];
          for (let n = 1; n <= count; n++) messages.push(await talk.say(`message ${n}`));
          return messages;
        }

        /** What came to the client, in short. */
        const brief = (client: Awaited<ReturnType<typeof connect>>) =>
          logFrames(client).map(({ type, seq, data }) => [type, seq, data.seq, data.text]);

        test('brings everything since 0, in order, before what is live', async () => {
          const talk = await begin();
          await saying(talk, 5);
          const client = await connect(talk.reader, 1);
          expect(await talk.join(client, 0)).toMatchObject({ last_seq: 5 });
          await talk.say('live');
          await reaches(client, 6);
          const texts = [1, 2, 3, 4, 5].map((n) => [talk.stored, n, n, `message ${n}`]);
          expect(brief(client)).toEqual([...texts, [talk.stored, 6, 6, 'live']]);
        });

        test('brings whole messages, like live ones', async () => {
          const talk = await begin();
          const live = await connect(talk.reader, 1);
          await talk.join(live);
          await talk.say('the same');
          const { data } = await live.next(talk.stored);
          const client = await connect(talk.reader, 0);
          await talk.join(client, 0);
          expect((await client.next(talk.stored)).data).toEqual(data);
        });

        test('brings nothing without since, and nothing since the last number', async () => {
          const talk = await begin();
          await saying(talk, 3);
          const [without, since] = [await connect(talk.reader, 0), await connect(talk.reader, 1)];
          expect(await talk.join(without)).toMatchObject({ last_seq: 3 });
          expect(await talk.join(since, 3)).toMatchObject({ last_seq: 3 });
          await talk.say('live');
          for (const client of [without, since]) {
            await reaches(client, 4);
            expect(brief(client)).toEqual([[talk.stored, 4, 4, 'live']]);
          }
        });

        test('of a log without events is empty', async () => {
          const talk = await begin();
          const client = await connect(talk.reader);
          expect(await talk.join(client, 0)).toMatchObject({ last_seq: 0 });
          await client.fence();
          expect(brief(client)).toEqual([]);
        });

        // Where somebody is live in it on that node, the node has the recent events at hand.
        test.each([
          ['nobody', 0],
          ['somebody', 2],
        ])(
          'where %s is live, brings each changed message once, in its present state, by its latest number',
          async (_, others) => {
            const talk = await begin();
            for (let node = 0; node < others; node++) await talk.join(await connect(talk.reader, node));
            const [m1, m2, , m4, m5, m6] = (await saying(talk, 6)) as [
              Message,
              Message,
              Message,
              Message,
              Message,
              Message,
            ];
            await edit(talk, m5, 'five, again'); // 7
            await edit(talk, m1, 'one, again'); // 8
            await remove(talk, m2); // 9
            await remove(talk, m6); // 10
            await edit(talk, m1, 'one, at last'); // 11
            await edit(talk, m4, 'four, again'); // 12
            const client = await connect(talk.reader, 1);
            expect(await talk.join(client, '3')).toMatchObject({ last_seq: 12 });
            await reaches(client, 12);
            await client.fence();
            expect(brief(client)).toEqual([
              [talk.stored, 7, 5, 'five, again'],
              ['message.deleted', 9, 2, undefined],
              ['message.deleted', 10, 6, undefined],
              ['message.updated', 11, 1, 'one, at last'],
              [talk.stored, 12, 4, 'four, again'],
            ]);
            const deleted = logFrames(client).find((frame) => frame.type === 'message.deleted');
            const where = talk.stored === 'channel.message' ? 'channel_id' : 'receiver_id';
            expect(Object.keys(deleted?.data ?? {}).sort()).toEqual(['id', 'seq', 'updated_seq', where].sort());
          },
        );

        test('again on the same connection reads on from the new since', async () => {
          const talk = await begin();
          await saying(talk, 3);
          const client = await connect(talk.reader);
          await talk.join(client, 2);
          await reaches(client, 3);
          await talk.join(client, 1);
          await reaches(client, 3);
          await talk.say('live');
          await reaches(client, 4);
          expect(brief(client).map(([, seq]) => seq)).toEqual([3, 2, 3, 4]);
        });

        test('is refused beyond the end of the log and with anything but a number', async () => {
          const talk = await begin();
          await saying(talk, 2);
          const client = await connect(talk.reader);
          for (const since of [3, 2_147_483_647, 2_147_483_648, -1, 1.5, 'x', '', '-1', true, [], {}, [1]]) {
            expect(await talk.joinRefused(client, since), JSON.stringify(since)).toBe('VALIDATION_FAILED');
          }
          expect(brief(client)).toEqual([]);
        });

        test('of a long log misses nothing and repeats nothing while others go on writing', async () => {
          const talk = await begin();
          const old = await talk.say('old');
          const writer = await connect(talk.writer, 0);
          await talk.sayLive(writer, 399);
          const clients = [await connect(talk.reader, 0), await connect(talk.reader, 1), await connect(talk.reader, 1)];
          const writing = talk.sayLive(writer, 120);
          const joins = clients.map((client, index) => talk.join(client, index * 150));
          const [edited] = await Promise.all([edit(talk, old, 'meanwhile'), writing, ...joins]);
          expect(edited.status).toBe(200);
          const last = await talk.say('last');
          expect(last.seq).toBe(522);
          const state = await talk.state();
          for (const [index, client] of clients.entries()) {
            await reaches(client, 522);
            const known = new Map([...state].slice(0, index * 150));
            expect(replay(logFramesSinceAck(client), known)).toEqual(state);
          }
        });

        test('from any point, after any history, leads to what REST shows', async () => {
          const talk = await begin();
          for (const node of [0, 1]) await talk.join(await connect(talk.reader, node));
          const random = randomNumbers(transport === 'raw' ? 7 : 8);
          const alive: Message[] = [];
          const states: Map<number, string | null>[] = [new Map()];
          const current = new Map<number, string | null>();
          for (let step = 1; step <= 60; step++) {
            const pick = Math.floor(random() * alive.length);
            const chosen = alive[pick];
            const dice = random();
            if (!chosen || dice < 0.5) {
              const message = await talk.say(`said ${step}`);
              alive.push(message);
              current.set(message.id, message.text);
            } else if (dice < 0.8) {
              await edit(talk, chosen, `edited ${step}`);
              current.set(chosen.id, `edited ${step}`);
            } else {
              await remove(talk, chosen);
              alive.splice(pick, 1);
              current.delete(chosen.id);
            }
            states.push(new Map(current));
          }
          expect(await talk.state()).toEqual(current);
          for (const since of [0, 1, 7, 20, 33, 45, 59]) {
            const client = await connect(talk.reader, since);
            await talk.join(client, since);
            await reaches(client, 60);
            expect(replay(logFrames(client), states[since])).toEqual(current);
          }
        });

        test('cut in the middle goes on from the last number that came, on another node', async () => {
          const talk = await begin();
          const messages = await saying(talk, 8);
          for (const message of messages.slice(2, 5)) await edit(talk, message, 'edited');
          await remove(talk, messages[1] as Message);
          const first = await connect(talk.reader, 0);
          await talk.join(first, 0);
          await reaches(first, 7);
          await first.close();
          // What came after the seventh is lost with the connection.
          const seen = logFrames(first).filter((frame) => (frame.seq ?? 0) <= 7);
          const second = await connect(talk.reader, 1);
          await talk.join(second, 7);
          await reaches(second, 12);
          expect(replay(logFrames(second), replay(seen))).toEqual(await talk.state());
        });
      });
    });
  });
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
