// A connection in its timetable, on the test's own clock: what is due happens in time, whatever the last sweep said.
import { describe, expect, test } from 'vitest';
import { RecordingTransport } from '../../../tests/support/hub-node.ts';
import { createFakeClock } from '../../backends/clock/fake.ts';
import { createDeadlines } from '../../lib/deadline.ts';
import { Timetable } from '../../lib/timetable.ts';
import { CLOSE } from '../../protocol/close-codes.ts';
import { createFlushScheduler } from './flush-scheduler.ts';
import { outgoing } from './outgoing.ts';
import { HubSession, LONGEST_WAIT_MS } from './session.ts';

const SWEEP_MS = 1_000;
const START = 1_000_000_000;

function open({ framesPerSecond = 0 } = {}) {
  const clock = createFakeClock(START);
  const now = () => clock.monotonic();
  const transport = new RecordingTransport();
  const pings: number[] = [];
  transport.ping = () => {
    pings.push(now());
    session.alive();
  };
  const sessions = new Timetable<HubSession>(LONGEST_WAIT_MS);
  const session = new HubSession('s', transport, {
    scheduler: createFlushScheduler(clock.defer),
    limits: { maxBufferedBytes: 10, slowReaderTimeoutMs: 3_000, framesPerSecond },
    metrics: { frameReceived() {}, closedByServer() {} },
    now,
    wallTime: () => clock.now(),
    deadlines: createDeadlines(250),
    onCatchUpFailed() {},
    run: () => undefined,
    toAnswerError: () => ({ code: 'INTERNAL', message: '' }),
    sweepSoon: (one) => sessions.reschedule(one, 0),
    onClosed: (one) => sessions.remove(one),
    onFailure: (one) => one.cut(),
  });
  transport.session = session;
  sessions.add(session, now());

  function pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += SWEEP_MS) {
      clock.advance(SWEEP_MS);
      sessions.visit(now(), (one) => one.sweep(now()));
    }
  }

  return {
    session,
    transport,
    pings,
    pass,
    identify: (seconds: number) =>
      session.identify({
        user: { id: 1, username: 'ann' },
        token: { expiresAt: clock.now() + seconds * 1_000 },
      } as never),
    setBack: (ms: number) => clock.set(-ms),
  };
}

test('a connection is pinged every 25 seconds, the first time within as many', () => {
  const { identify, pings, pass } = open();
  identify(3_600);
  pass(200_000);
  expect((pings[0] as number) - START).toBeLessThanOrEqual(25_000 + SWEEP_MS);
  const between = pings.slice(1).map((at, index) => at - (pings[index] as number));
  expect(new Set(between)).toEqual(new Set([25_000]));
  expect(pings.length).toBeGreaterThanOrEqual(7);
});

test('it ends with a new token that runs out before the old one would have', () => {
  const { identify, transport, pass } = open();
  identify(3_600);
  pass(60_000);
  identify(3);
  pass(2_000);
  expect(transport.closedWith).toBeUndefined();
  pass(1_000);
  expect(transport.closedWith).toBe(4401);
});

test('it is closed when its peer takes nothing for as long as it may', () => {
  const { identify, session, transport, pass } = open();
  identify(3_600);
  pass(60_000);
  transport.full = true;
  session.outbox.push(outgoing(['{"type":"pong"}']));
  session.outbox.flush();
  pass(3_000);
  expect(transport.closedWith).toBeUndefined();
  pass(1_000);
  expect(transport.closedWith).toBe(4408);
});

test('it is pinged on after the clock was set back by an hour', () => {
  const { identify, pings, pass, setBack } = open();
  identify(86_400);
  pass(60_000);
  setBack(3_600_000);
  const before = pings.length;
  pass(60_000);
  expect(pings.length - before).toBeGreaterThanOrEqual(2);
});

test('a connection that cannot be written to is cut, and the others of the turn are written to', () => {
  const [broken, other] = [open(), open()];
  broken.transport.write = () => {
    throw new Error('no socket');
  };
  for (const { session } of [broken, other]) session.outbox.push(outgoing(['{"type":"pong","data":{}}']));
  broken.session.outbox.flush();
  other.session.outbox.flush();
  expect(broken.session.isClosed).toBe(true);
  expect(other.transport.frames).toHaveLength(1);
});

describe('something that is not a frame', () => {
  test('counts like a frame: a flood of it ends the connection', () => {
    const { session, transport } = open({ framesPerSecond: 5 });
    for (let n = 0; n < 30; n += 1) session.alive();
    expect(transport.closedWith).toBeUndefined();
    session.alive();
    expect(transport.closedWith).toBe(CLOSE.FLOOD);
  });

  test('cannot make a library write without end', () => {
    const { session, transport } = open();
    transport.bufferedBytes = () => (1 << 20) + 11;
    session.alive();
    expect(transport.closedWith).toBe(CLOSE.SLOW_READER);
  });
});
