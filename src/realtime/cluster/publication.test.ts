import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineChange } from '../../chat/log/define-change.ts';
import { deleted, updated } from '../../chat/messages/changes.ts';
import type { FeedEvent } from '../log/feed-event.ts';
import { decodePublication, encodeEvents, encodeSignal } from './publication.ts';

const data = { id: 12, seq: 3, updated_seq: 7, receiver_id: 3, sender_id: 9, text: 'tab\tline\nend 😀' };
const event: FeedEvent = {
  seq: 7,
  change: updated,
  standing: 'changed',
  live: undefined,
  messageId: 12,
  storedSeq: 3,
  senderId: 9,
  time: 1_700_000_000_000,
  data: JSON.stringify(data),
};
const next: FeedEvent = {
  ...event,
  seq: 8,
  change: deleted,
  standing: 'gone',
  data: JSON.stringify({ id: 12, seq: 3, updated_seq: 8, receiver_id: 3 }),
};
const sent = { origin: 'a', log: 'd3.9', accessVersion: 4, events: [event, next] };
const payload = encodeEvents(sent);
/** A change with a live form, as those of a later version may be. */
const later = defineChange({ type: 'later', live: 'message.updated' });
const known = (name: string) => (name === 'later' ? later : undefined);
const live = JSON.stringify({ id: 12, seq: 3, updated_seq: 7, receiver_id: 3, changes: ['tab\t'] });
const reaction = { ...sent, events: [{ ...event, change: later, live }] };
const ofAChannel = {
  origin: 'a',
  log: 'c30',
  accessVersion: 0,
  events: [{ ...event, data: '{"id":12,"seq":3,"updated_seq":7,"channel_id":30}' }],
};

describe('a publication', () => {
  it.each([
    ['a pair', sent, 8],
    ['a channel', ofAChannel, 7],
  ])('brings the events of %s to another node as they were', (_of, publication, head) => {
    expect(decodePublication(encodeEvents(publication), 'b')).toEqual({ ...publication, head });
  });

  it('brings a signal to another node as it was', () => {
    const signal = { origin: 'a', log: 'c3', exceptUserId: 5, frame: '{"type":"channel.join"}' };
    expect(decodePublication(encodeSignal(signal), 'b')).toEqual(signal);
  });

  it('is ignored by the node that made it, and if it is malformed', () => {
    expect(decodePublication(payload, 'a')).toBeUndefined();
    for (const text of [
      '',
      'x',
      'e\ta',
      'z\ta\tc1\t0\nrest',
      'n\ta\tc1\t0\nno frame',
      'n\ta\tc1\t0\n[]',
      'n\ta\tc1\t0\nnull',
    ])
      expect(decodePublication(text, 'b')).toBeUndefined();
  });

  it.each([
    ['a kind of a newer version', payload.replace('\tu\t', '\tr\t')],
    ['a kind that every object has', payload.replace('\tu\t', '\tconstructor\t')],
    ['data of another message', payload.replace('{"id":12', '{"id":13')],
    ['data of another conversation', payload.replace('"receiver_id":3', '"receiver_id":4')],
    ['data that was cut', payload.replace('}\n', '\n')],
    ['numbers that go back', encodeEvents({ ...sent, events: [next, next] })],
  ])('with %s says how far the log has come, and nothing else', (_what, text) => {
    expect(decodePublication(text, 'b')).toEqual({ origin: 'a', log: 'd3.9', accessVersion: 4, head: 8, events: [] });
  });

  it('publishes changes of released versions by the names of those versions, and knows both names', () => {
    expect(payload).toMatch(/^7\tu\t12\t3\t9\t1700000000000\t\{.*\}\n8\td\t/m);
    const named = payload.replace('\tu\t', '\tupdated\t').replace('\td\t', '\tdeleted\t');
    expect(decodePublication(named, 'b')).toEqual({ ...sent, head: 8 });
  });

  it('brings the live form of a change beside its state form', () => {
    expect(decodePublication(encodeEvents(reaction), 'b', known)).toEqual({ ...reaction, head: 7 });
  });

  it.each([
    ['to a node that does not know the change', (text: string) => text, undefined],
    [
      'if it is of another message',
      (text: string) =>
        text.replace('\t{"id":12,"seq":3,"updated_seq":7,"receiver_id":3,"changes"', '\t{"id":1,"changes"'),
      known,
    ],
    ['of a change that has none', (text: string) => text.replace('\tlater\t', '\tu\t'), undefined],
    ['that was cut', (text: string) => text.slice(0, -1), known],
  ])('says with a live form %s how far the log has come, and nothing else', (_what, broken, lookup) => {
    expect(decodePublication(broken(encodeEvents(reaction)), 'b', lookup)).toMatchObject({ head: 7, events: [] });
  });

  it('of a channel is not confused with one whose number begins alike', () => {
    const foreign = encodeEvents(ofAChannel).replace('\tc30\t', '\tc3\t');
    expect(decodePublication(foreign, 'b')).toMatchObject({ log: 'c3', events: [] });
  });

  it('never throws, whatever bytes it has, and has only whole events', () => {
    const noise = fc.oneof(fc.string(), fc.constantFrom('\t', '\n', 'NaN', '-1', '1e9', '__proto__', '{}', '"'));
    const broken = fc
      .tuple(fc.nat(payload.length), fc.nat(40), noise)
      .map(([at, cut, text]) => payload.slice(0, at) + text + payload.slice(at + cut));
    fc.assert(
      fc.property(fc.oneof(fc.string(), broken), (text) => {
        const read = decodePublication(text, 'b');
        if (!read || !('events' in read)) return;
        expect(Number.isSafeInteger(read.head) && Number.isSafeInteger(read.accessVersion)).toBe(true);
        for (const one of read.events) {
          expect(one.data.startsWith(`{"id":${one.messageId},"seq":${one.storedSeq},"updated_seq":${one.seq},`)).toBe(
            true,
          );
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
