// A client that reads slowly or not at all: it harms nobody, loses nothing, and is closed only when it never reads.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import { type Service, type Target, withService } from '../../support/service-under-test.ts';
import { connector, joined, settled } from './kit/live.ts';
import { cast, group, type Person, say } from './kit/people.ts';
import { logFrames, reaches, replay } from './kit/talks.ts';
import type { Message } from './kit/wire.ts';

/** More than the sockets of both sides can hold, so that the rest has to wait in the service. */
const MESSAGES = 260;
const TEXT = 'x'.repeat(60_000);

export function slowReaderSuite(target: Target): void {
  describe('slow readers', () => {
    const env = { MAX_BUFFERED_BYTES: '65536', MAX_TEXT_LENGTH: '60000' };

    /** Says so much that a paused client cannot have got it all; gives the messages in the order of their numbers. */
    async function flood(who: Person, channelId: number): Promise<Message[]> {
      const messages: Message[] = [];
      for (let n = 0; n < MESSAGES; n += 20) {
        messages.push(...(await Promise.all(Array.from({ length: 20 }, () => say(who, channelId, TEXT)))));
      }
      return messages.toSorted((a, b) => a.seq - b.seq);
    }

    describe('a slow reader', () => {
      const service = withService(target, { ...env, SLOW_READER_TIMEOUT_MS: '60000' });
      const people = cast(service, 'writer', 'slow', 'quick');

      describe.each(TRANSPORTS)('over %s', (transport) => {
        const connect = connector(service, transport);

        test('gets everything on the same connection once it reads again, and keeps nobody waiting before', async () => {
          const { writer, slow, quick } = people;
          const id = await group(writer, slow, quick);
          const [reader, other] = [await joined(connect, slow, id, 1), await joined(connect, quick, id, 1)];
          reader.pause();
          const messages = await flood(writer, id);
          // All of these have their number in what the paused client could not take yet.
          const [edited, removed] = messages.slice(-5) as [Message, Message];
          await writer.api.patch(`/messages/${edited.id}`, { text: 'edited' });
          await writer.api.delete(`/messages/${removed.id}`);
          await reaches(other, MESSAGES + 2);
          expect(logFrames(other)).toHaveLength(MESSAGES + 2);

          reader.resume();
          await reaches(reader, MESSAGES + 2);
          const got = logFrames(reader);
          expect(replay(got).size).toBe(MESSAGES - 1);
          expect(replay(got).get(edited.id)).toBe('edited');
          // What changed while the service waited comes once, as it is now: nothing was queued meanwhile.
          expect(got.filter(({ data }) => data.id === edited.id).map(({ type }) => type)).toEqual(['channel.message']);
          expect(got.filter(({ data }) => data.id === removed.id).map(({ type }) => type)).toEqual(['message.deleted']);
          await settled(id, writer, reader, other);
          expect(logFrames(reader).at(-1)?.seq).toBe(MESSAGES + 3);
        }, 60_000);
      });
    });

    describe('a reader that reads nothing', () => {
      const service = withService(target, { ...env, SLOW_READER_TIMEOUT_MS: '1500' });
      const people = cast(service, 'writer', 'slow', 'quick');

      describe.each(TRANSPORTS)('over %s', (transport) => {
        const connect = connector(service, transport);

        test('is closed, and misses nothing when it comes back', async () => {
          const { writer, slow, quick } = people;
          const id = await group(writer, slow, quick);
          const [reader, other] = [await joined(connect, slow, id, 0), await joined(connect, quick, id, 0)];
          reader.pause();
          await flood(writer, id);
          await expect.poll(() => isLive(service, writer, id, slow), { timeout: 20_000, interval: 100 }).toBe(false);
          expect(await isLive(service, writer, id, quick)).toBe(true);
          reader.resume();
          const { code } = await reader.closed;
          if (transport === 'raw') expect(code).toBe(4408);

          const seen = logFrames(reader);
          const since = seen.at(-1)?.seq ?? 0;
          expect(since).toBeLessThan(MESSAGES);
          const back = await connect(slow, 1);
          await back.call('channel.join', { channel_id: id, since });
          await reaches(back, MESSAGES);
          expect(replay(logFrames(back), replay(seen)).size).toBe(MESSAGES);
          await settled(id, writer, other, back);
        }, 60_000);
      });
    });
  });
}

async function isLive(service: Service, asker: Person, channelId: number, who: Person): Promise<boolean> {
  const address = `${service.url(0)}/api/v1/ws/channels/${channelId}/members`;
  const reply = await fetch(address, { headers: { authorization: `Bearer ${asker.token}` } });
  const { data } = (await reply.json()) as { data: { members: number[] } };
  return data.members.includes(who.id);
}
