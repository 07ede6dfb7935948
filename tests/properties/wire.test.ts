// What is read from and written to the wire, for any input: a result or a coded error, and bytes that other people's
// libraries read as they were meant.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { CHANGES, changeNamed } from '../../src/chat/log/changes.ts';
import { defineChange } from '../../src/chat/log/define-change.ts';
import { CLIENT_FRAMES, clientFrameOf } from '../../src/protocol/client-frames.ts';
import { decodeFrame } from '../../src/protocol/decode-frame.ts';
import { ERRORS } from '../../src/protocol/errors.ts';
import { isStorable } from '../../src/protocol/fields.ts';
import { decodePublication, encodeEvents, encodeSignal } from '../../src/realtime/cluster/publication.ts';
import type { FeedEvent } from '../../src/realtime/log/feed-event.ts';
import { encodeTextFrames } from '../../src/transports/shared/shared-frames.ts';
import { readClientPacket } from '../../src/transports/socketio/client-packet.ts';
import { ackPacket, eventPacket } from '../../src/transports/socketio/packet.ts';
import { readFrames } from '../support/frame-receiver.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';
import { hostileJson } from './kit/hostile.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

interface Packet {
  readonly type: number;
  readonly nsp: string;
  readonly data?: unknown;
  readonly id?: number;
}

/** The parser that the official clients have. */
interface OfficialParser {
  Encoder: new () => { encode(packet: Packet): Array<string | Buffer> };
  Decoder: new () => { on(name: 'decoded', take: (packet: Packet) => void): void; add(data: unknown): void };
}

const requireOfSocketIo = createRequire(createRequire(import.meta.url).resolve('socket.io-client'));
const official = requireOfSocketIo('socket.io-parser') as OfficialParser;

const anyText = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));
const wellFormed = anyText.filter((text) => text.isWellFormed());
const id = fc.oneof(fc.nat(), fc.integer(), fc.double(), anyText, fc.nat().map(String), fc.constant(null));

/** Frames that are nearly right: the right fields with whatever in them. */
const nearlyFrame = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...CLIENT_FRAMES.map((frame) => frame.type), '__proto__', 'toString'), anyText),
    id: fc.option(anyText, { nil: undefined }),
    data: fc.oneof(
      fc.record(
        {
          ...{ channel_id: id, receiver_id: id, user_id: id, since: id, token: fc.anything(), client_id: id },
          ...{ text: fc.oneof(anyText, fc.anything()), url: fc.oneof(fc.webUrl(), anyText), file_name: anyText },
        },
        { requiredKeys: [] },
      ),
      fc.anything(),
    ),
  },
  { requiredKeys: [] },
);

describe('a client frame', () => {
  test('of any value is a frame whose data its type takes, or a coded problem that does not show the value', async () => {
    const input = fc.oneof({ weight: 3, arbitrary: nearlyFrame }, fc.jsonValue(), fc.anything({ withBigInt: true }));
    await check('frame', input, 3_000, (value) => {
      const decoded = decodeFrame(value);
      if (!decoded.ok) return expect(Object.keys(ERRORS)).toContain(decoded.problem.code);
      const { type, data } = decoded.frame;
      expect(clientFrameOf(type)?.data.parse(data)).toEqual(data);
      for (const [name, text] of Object.entries(data)) {
        if (name !== 'token' && typeof text === 'string') expect(isStorable(text)).toBe(true);
        if (/_id$|since/.test(name) && typeof text === 'number') expect(text).toBeLessThan(2 ** 31);
      }
      return undefined;
    });
  });
});

describe('WebSocket frames', () => {
  /** About where a header grows. */
  const edge = fc.constantFrom(125, 126, 127, 65_535, 65_536, 65_537).map((length) => 'x'.repeat(length));
  const long = fc.tuple(wellFormed, fc.nat({ max: 70_000 })).map(([text, length]) => text + 'é'.repeat(length));

  test('of any texts are read by the receiver of ws, one for each, in order, in whatever pieces they come', async () => {
    const texts = fc.array(fc.oneof({ weight: 8, arbitrary: wellFormed }, { weight: 2, arbitrary: edge }, long), {
      maxLength: 12,
    });
    const pieces = fc.array(fc.integer({ min: 1, max: 4_000 }), { minLength: 1, maxLength: 8 });
    await check('ws frames', fc.record({ texts, pieces }), 250, async ({ texts, pieces }) => {
      expect(await readFrames(encodeTextFrames(texts), pieces)).toEqual(texts);
    });
  });
});

describe('Socket.IO packets', () => {
  // What a client of JSON can say: no undefined, no numbers that are none, and nothing that JSON calls binary.
  const payload = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const ackId = fc.option(fc.nat(), { nil: undefined });
  /** Names that the official parser reserves are never sent by it. */
  const name = anyText.filter(
    (text) => !/^(connect|connect_error|disconnect|disconnecting|newListener|removeListener)$/.test(text),
  );

  test('that the official encoder writes arrive as what was emitted', async () => {
    const cases = fc.record({ name, payload, ackId, nsp: fc.constantFrom('/', '/other') });
    await check('packets in', cases, 1_000, ({ name, payload, ackId, nsp }) => {
      const packet = { type: 2, nsp, data: [name, payload], ...(ackId !== undefined && { id: ackId }) };
      const [text] = new official.Encoder().encode(packet);
      const event = { name, payload, ackId };
      expect(readClientPacket(text as string)).toEqual({ kind: 'event', namespace: nsp, attachments: 0, event });
    });
  });

  test('that are written here are read by the official decoder', async () => {
    const cases = fc.record({ payload, ackId: fc.nat() });
    await check('packets out', cases, 1_000, ({ payload, ackId }) => {
      const json = JSON.stringify(payload);
      expect(readOfficially(eventPacket('message', json))).toMatchObject({ type: 2, data: ['message', payload] });
      expect(readOfficially(ackPacket(ackId, json))).toMatchObject({ type: 3, id: ackId, data: [payload] });
    });
  });

  test('of any text are understood as something', async () => {
    const begin = fc.constantFrom('', '0', '1', '2', '21', '3', '4', '51-', '5/a,', '2/a,7["x",', '6', '0{', '0/');
    const input = fc.tuple(begin, fc.oneof(anyText, hostileJson)).map(([first, rest]) => first + rest);
    await check('packets of anything', input, 2_000, (text) => {
      expect(['connect', 'disconnect', 'event']).toContain(readClientPacket(text).kind);
    });
  });

  function readOfficially(text: unknown): Packet | undefined {
    const decoder = new official.Decoder();
    let packet: Packet | undefined;
    decoder.on('decoded', (one) => {
      packet = one;
    });
    decoder.add(text);
    return packet;
  }
});

/** A change that says how it came about, as a later version may have. */
const LATER = defineChange({ type: 'later', live: 'message.updated' });
const known = (name: string) => (name === LATER.type ? LATER : changeNamed(name));

describe('publications between nodes', () => {
  const number = fc.nat();
  const event = fc.record({
    ...{ seq: number, messageId: number, storedSeq: number, senderId: number, time: fc.maxSafeNat() },
    change: fc.constantFrom(...CHANGES, LATER),
    text: fc.jsonValue(),
  });
  const log = fc.oneof(
    number.map((channel) => `c${channel}`),
    fc.tuple(number, number).map(([low, high]) => `d${low}.${high}`),
  );
  const origin = fc.stringMatching(/^[a-z0-9-]{1,12}$/);

  test('say on the other node what they said here, and nothing to the one that sent them', async () => {
    const frame = fc.jsonValue().map((data) => JSON.stringify({ id: 'a-1', type: 'channel.join', data }));
    const events = fc.array(event, { minLength: 1, maxLength: 5 });
    const cases = fc.record({ origin, log, accessVersion: number, events, exceptUserId: number, frame });
    await check('publications', cases, 1_000, ({ exceptUserId, frame, ...written }) => {
      const events = { ...written, events: inOrder(written.events, written.log) };
      const signal = { origin: events.origin, log: events.log, exceptUserId, frame };
      expect(decodePublication(encodeEvents(events), 'other node', known)).toEqual({
        ...events,
        head: events.events.length,
      });
      expect(decodePublication(encodeSignal(signal), 'other node')).toEqual(signal);
      expect(decodePublication(encodeEvents(events), events.origin, known)).toBeUndefined();
    });
  });
});

/** As nodes write them: one number after the other, and data that says which message of which conversation it is of. */
function inOrder<E extends Pick<FeedEvent, 'change' | 'messageId' | 'storedSeq'> & { text: unknown }>(
  events: readonly E[],
  log: string,
) {
  const party = log.startsWith('c')
    ? { channel_id: Number(log.slice(1)) }
    : { receiver_id: Number(log.slice(1).split('.')[0]) };
  return events.map(({ text, ...event }, at) => {
    const { change, messageId, storedSeq } = event;
    const identity = { id: messageId, seq: storedSeq, updated_seq: at + 1, ...party };
    const standing = change.isDeletion ? ('gone' as const) : storedSeq > at ? ('new' as const) : ('changed' as const);
    const live = change.live && JSON.stringify({ ...identity, how: text });
    return { ...event, seq: at + 1, standing, data: JSON.stringify({ ...identity, text }), live };
  });
}
