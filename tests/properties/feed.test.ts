// A feed and its readers alone, over an array as the log: every order of publications, reads, full sockets and returns is
// tried thousands of times, finer than real servers would ever show it.

import fc from 'fast-check';
import { test, vi } from 'vitest';
import { createFakeClock } from '../../src/backends/clock/fake.ts';
import type { StoredMessage } from '../../src/chat/log/event.ts';
import { channelKey } from '../../src/chat/log/key.ts';
import type { LogPage } from '../../src/chat/log/log.ts';
import { createDeadlines } from '../../src/lib/deadline.ts';
import { Timetable } from '../../src/lib/timetable.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { createFlushScheduler } from '../../src/realtime/connections/flush-scheduler.ts';
import { HubSession, LONGEST_WAIT_MS } from '../../src/realtime/connections/session.ts';
import { attachReader } from '../../src/realtime/log/catch-up.ts';
import { Feed } from '../../src/realtime/log/feed.ts';
import { stateEvent } from '../../src/realtime/log/feed-event.ts';
import { RecordingTransport } from '../support/hub-node.ts';
import { createSilentLogger } from '../support/silent-logger.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';
import { LogModel } from './kit/log-model.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

const PAGE = 3;
const MAX_BUFFERED = 2_500;
/** Long enough for a short ring to hold four events alone: what is older is read in pages. */
const NAME = 'n'.repeat(700);
const READERS = 3;

const index = fc.nat({ max: 20 });
const reader = fc.nat({ max: READERS - 1 });
const step = fc.oneof(
  // `lost`: this node never hears of it; `own`: at once, as of its own commits; else when `let` picks it.
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('store' as const), way: fc.constantFrom('own', 'late', 'lost') }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ do: fc.constantFrom('edit' as const, 'delete' as const), message: index },
      way: fc.constantFrom('own', 'late', 'lost'),
    }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constant('let' as const), which: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('stall' as const, 'drain' as const), reader }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('restart' as const), reader, back: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('attach' as const), reader, back: index }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('time' as const), ms: fc.constantFrom(5, 16, 1_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heads' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test('a feed’s readers see each event once and in order, or what has replaced it, whatever comes when', async () => {
  const cases = fc.array(step, { minLength: 1, maxLength: 50, size: 'max' });
  await check('feed', cases, 1_000, async (steps) => {
    const play = createPlay();
    for (const one of steps) await play.step(one);
    await play.finish();
  });
});

function createPlay() {
  const clock = createFakeClock();
  const scheduler = createFlushScheduler(clock.defer);
  const model = new LogModel('log');
  const messages: StoredMessage[] = [];
  /** Publications and pages on their way: `let` picks which comes next. */
  const pending: Array<() => void> = [];
  const feed = new Feed(channelKey(1), {
    ...{ scheduler, clock, budget: { used: 1, max: 0 }, logger: createSilentLogger() },
    readPage: (_, after) => {
      const page = pageAfter(after);
      return new Promise((resolve) => pending.push(() => resolve(page)));
    },
    checkReaders: async () => {},
    handedOut() {},
  });
  feed.begin(0, 0);
  const sessions = new Timetable<HubSession>(LONGEST_WAIT_MS);
  const readers = Array.from({ length: READERS }, (_, i) => createReader(i));

  for (const one of readers) one.read(0, true);

  function pageAfter(after: number): LogPage {
    const changed = messages.filter((message) => message.updatedSeq > after);
    const page = changed.sort((a, b) => a.updatedSeq - b.updatedSeq).slice(0, PAGE);
    const upTo = page.length < PAGE ? model.head() : (page.at(-1)?.updatedSeq as number);
    return { messages: page, upTo: Math.max(after, upTo), head: model.head(), accessVersion: 0 };
  }

  function createReader(number: number) {
    const transport = new RecordingTransport();
    transport.bound = MAX_BUFFERED;
    const session = new HubSession(`r${number}`, transport, {
      ...{
        scheduler,
        now: () => clock.monotonic(),
        wallTime: () => clock.now(),
        limits: { maxBufferedBytes: MAX_BUFFERED, slowReaderTimeoutMs: 1e9 } as never,
      },
      ...{ metrics: { frameReceived() {}, closedByServer() {} }, run: async () => {}, onClosed() {}, onFailure() {} },
      deadlines: createDeadlines(250),
      onCatchUpFailed() {},
      sweepSoon: (one) => sessions.reschedule(one, 0),
      toAnswerError: () => ({ code: 'INTERNAL', message: '' }),
    });
    sessions.add(session, clock.now());
    session.identify({ principal: { id: number }, token: { expiresAt: Number.POSITIVE_INFINITY } } as never);
    transport.session = session;
    let since = 0;
    let head = 0;
    let from = 0;

    function check(whole: boolean): void {
      const frames = transport.frames.slice(from);
      const limits = { head, began: 0, smooth: false, losses: [] };
      model.check({ ...limits, log: 'log', who: `reader ${number}`, since, frames, whole });
      if (transport.mostBeyondBound > PAGE) throw new Error(`${transport.mostBeyondBound} events beyond the bound`);
    }

    return {
      transport,
      check,
      isWhole: () => (transport.frames.slice(from).at(-1)?.seq ?? since) >= model.head(),
      /** Reads anew, as a rejoin does, or a first join: from `back` events before the end. */
      read(back: number, fresh: boolean): void {
        session.outbox.flush();
        check(false);
        since = Math.max(0, model.head() - back);
        from = transport.frames.length;
        head = model.head();
        feed.noteHead(head, 0);
        const known = session.readers.get(feed.name);
        if (known && !fresh) return known.restart(since, head);
        if (known) {
          feed.readers.delete(known);
          known.generation += 1;
        }
        attachReader(session, feed, since, head);
      },
    };
  }

  function happen(kind: 'stored' | 'updated' | 'deleted', message: StoredMessage, way: string): void {
    const number = message.updatedSeq;
    model.add({ number, kind, id: message.id, text: message.content.text, began: number, answered: number });
    const tell = () => feed.receive([stateEvent(message, number - 1)], 0);
    if (way === 'own') tell();
    else if (way === 'late') pending.push(tell);
  }

  function store(way: string): void {
    const seq = model.head() + 1;
    const times = { createdAt: new Date(0).toISOString(), updatedAt: new Date(0).toISOString() };
    const nothing = { clientId: null, senderAvatar: null, receiverId: null };
    const content = { ...EMPTY_CONTENT, text: `t${seq}` };
    const sender = { senderId: 1, senderName: NAME, channelId: 1 };
    const message = { ...nothing, ...times, ...sender, id: 100 + seq, seq, updatedSeq: seq, content };
    messages.push({ ...message, deleted: false });
    happen('stored', messages.at(-1) as StoredMessage, way);
  }

  function change(one: Extract<Step, { message: number }>): void {
    const at = one.message % Math.max(1, messages.length);
    const before = messages[at];
    if (!before || before.deleted) return;
    const deleted = one.do === 'delete';
    const updatedSeq = model.head() + 1;
    const content = { ...before.content, text: deleted ? null : `t${updatedSeq}` };
    const after = { ...before, updatedSeq, content, deleted };
    messages[at] = after;
    happen(deleted ? 'deleted' : 'updated', after, one.way);
  }

  function make(one: Step): void {
    const { transport, read } = readers['reader' in one ? one.reader : 0] as (typeof readers)[0];
    if (one.do === 'store') store(one.way);
    else if ('message' in one) change(one);
    else if (one.do === 'let') pending.splice(one.which % Math.max(1, pending.length), 1)[0]?.();
    else if (one.do === 'stall') transport.full = true;
    else if (one.do === 'drain') transport.drain();
    else if (one.do === 'time') clock.advance(one.ms);
    else if (one.do === 'heads') feed.noteHead(model.head(), 0);
    else if ('back' in one) read(one.back, one.do === 'attach');
  }

  async function step(one: Step): Promise<void> {
    make(one);
    await new Promise(setImmediate);
    clock.turn();
    await new Promise(setImmediate);
  }

  return {
    step,
    async finish(): Promise<void> {
      for (const { transport } of readers) transport.drain();
      for (let round = 0; round < 200 && !readers.every((one) => one.isWhole()); round += 1) {
        sessions.visit(clock.now(), (session) => session.sweep(clock.now()));
        await step({ do: 'heads' });
        await step({ do: 'let', which: 0 });
        await step({ do: 'time', ms: 1_000 });
      }
      for (const one of readers) one.check(true);
    },
  };
}
