// The checker finds each breach that is planted, and nothing where there is none.
import { expect, it } from 'vitest';
import {
  type BreachKind,
  check,
  checkStays,
  type Evidence,
  type SeenEvent,
  type Sitting,
  type StoredRow,
} from './checker.ts';
import { planRound } from './soak-faults.ts';

const row = (seq: number, changes: Partial<StoredRow> = {}): StoredRow => ({
  log: 'c1',
  messageId: 100 + seq,
  senderId: 7,
  clientId: `k${seq}`,
  seq,
  updatedSeq: seq,
  text: `text ${seq}`,
  ...changes,
});
const seen = (seq: number, changes: Partial<SeenEvent> = {}): SeenEvent => ({
  seq,
  type: 'new',
  messageId: 100 + seq,
  storedSeq: seq,
  updatedSeq: seq,
  text: `text ${seq}`,
  ...changes,
});
const sitting = (events: SeenEvent[], since?: number): Sitting => ({ since, head: since ?? 0, events });
const reading = (reader: string, ...sittings: Sitting[]) => ({ reader, log: 'c1', sittings });

/** Numbers 1 to 5: message 2 was edited as 4, message 3 deleted as 5. */
const edit = { messageId: 102, storedSeq: 2, text: 'edited' };
const removal = { messageId: 103, storedSeq: 3, text: null, type: 'deleted' } as const;
const live = [seen(1), seen(2), seen(3), seen(4, { ...edit, type: 'updated' }), seen(5, removal)];
const sound: Evidence = {
  acked: [1, 2, 3].map((seq) => ({ log: 'c1', senderId: 7, clientId: `k${seq}`, messageId: 100 + seq, seq })),
  readings: [
    reading('stayed', sitting(live)),
    reading('resumed', sitting([seen(1)]), sitting([seen(4, edit), seen(5, removal)], 1)),
    reading('came late', { since: undefined, head: 4, events: [seen(5, removal)] }),
  ],
  stored: [row(1), row(2, { updatedSeq: 4, text: 'edited' }), row(3, { updatedSeq: 5, text: null })],
  heads: new Map([['c1', 5]]),
};

const kinds = (evidence: Evidence) => [...new Set(check(evidence).map(({ kind }) => kind))];
const withReading = (...sittings: Sitting[]): Evidence => {
  return { ...sound, readings: [...sound.readings, reading('faulty', ...sittings)] };
};

it('finds nothing where every promise was kept', () => {
  expect(check(sound)).toEqual([]);
});

const without = (seq: number) => live.filter((event) => event.seq !== seq);
const swapped = [live[1], live[0], ...live.slice(2)] as SeenEvent[];

it.each<[string, BreachKind, Evidence]>([
  ['an acked message that is not stored', 'acked but lost', { ...sound, stored: sound.stored.slice(0, 2) }],
  [
    'an ack with the number of another message',
    'acked but lost',
    { ...sound, acked: [{ log: 'c1', senderId: 7, clientId: 'k1', messageId: 101, seq: 2 }] },
  ],
  [
    'a client id that was stored twice',
    'stored twice',
    { ...sound, stored: [...sound.stored, row(6, { clientId: 'k1' })] },
  ],
  ['an event that a reader who stayed did not get', 'undelivered', withReading(sitting(without(1)))],
  ['an edit that a reader who stayed did not get', 'undelivered', withReading(sitting(without(4)))],
  [
    'an event that a reader who came back did not get',
    'undelivered',
    withReading(sitting([seen(1)]), sitting([seen(5, removal)], 1)),
  ],
  ['a reader that never read', 'undelivered', withReading()],
  ['an event that came twice', 'twice', withReading(sitting([...live, ...live.slice(-1)]))],
  ['an event that came again after a cut', 'twice', withReading(sitting(live.slice(0, 3)), sitting(live.slice(2), 2))],
  [
    'a message that was new twice',
    'twice',
    withReading(sitting([...live.slice(0, 3), seen(4, edit), seen(5, removal)])),
  ],
  ['events in another order', 'out of order', withReading(sitting(swapped))],
  [
    'a frame whose data has another number',
    'out of order',
    withReading(sitting([seen(1, { updatedSeq: 2 }), ...live.slice(1)])),
  ],
  ['a log that ends before its head', 'out of order', { ...sound, heads: new Map([['c1', 6]]) }],
  [
    'a number that two events have',
    'out of order',
    { ...sound, stored: [...sound.stored, row(5, { clientId: null })] },
  ],
  [
    'two readers who saw different messages under one number',
    'different',
    withReading(sitting([seen(1, { messageId: 102 }), seen(2, { messageId: 101 }), ...live.slice(2)])),
  ],
  [
    'a content that is not the stored one',
    'different',
    withReading(sitting([seen(1, { text: 'other' }), ...live.slice(1)])),
  ],
  [
    'two readers who saw one edit differently, also where a later one replaced it',
    'different',
    {
      ...sound,
      readings: [
        reading('one', sitting([seen(1), seen(2, { text: 'this' }), ...live.slice(2)])),
        reading('other', sitting([seen(1), seen(2, { text: 'that' }), ...live.slice(2)])),
      ],
    },
  ],
])('finds %s', (_, kind, evidence) => {
  expect(kinds(evidence)).toContain(kind);
});

it('finds what came to somebody who had been removed before it was stored', () => {
  const stay = { guest: 'guest', log: 'c1', removedAt: 4 };
  expect(checkStays([{ ...stay, seqs: [2, 3, 4] }])).toEqual([]);
  expect(checkStays([{ ...stay, seqs: [4, 5] }])).toMatchObject([{ kind: 'after removal' }]);
});

it('plans the faults of a soak by its seed alone', () => {
  expect(planRound(7, 3, 50, 3)).toEqual(planRound(7, 3, 50, 3));
  expect(planRound(7, 3, 50, 3)).not.toEqual(planRound(7, 4, 50, 3));
  expect(planRound(7, 3, 50, 3)).not.toEqual(planRound(8, 3, 50, 3));
});
