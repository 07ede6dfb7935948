// The embedded database is busy: who waits for it is answered in time, and nothing is done for them afterwards.
import { PGlite } from '@electric-sql/pglite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { inLine, type Statements } from '../../src/database/embedded-line.ts';
import { isUnavailable } from '../../src/database/errors.ts';

const TOTAL_MS = 400;
const SLACK_MS = 400;

let pglite: PGlite;
let line: Statements;

beforeAll(async () => {
  pglite = await PGlite.create('memory://');
  line = inLine(pglite, { maxWaiting: 3, totalMs: TOTAL_MS });
  await pglite.exec('create table marks (n int)');
});
afterAll(() => pglite.close());

const mark = (n: number) => line.query('insert into marks values ($1)', [n]);
const marks = async () => (await pglite.query<{ n: number }>('select n from marks order by n')).rows.map(({ n }) => n);

async function outcome(work: Promise<unknown>) {
  const began = performance.now();
  const said = await work.then(
    () => 'done',
    (error: unknown) => (isUnavailable(error) ? 'unavailable' : error),
  );
  return { said, after: performance.now() - began };
}

/** A transaction that keeps everything to itself until it is let go. */
function occupy() {
  let letGo = () => {};
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const done = line.transaction(async (tx) => {
    await tx.query('insert into marks values (0)');
    await free;
  });
  return { letGo, done };
}

it('answers whoever waits, and whoever makes them wait, in time; and does nothing of it later', async () => {
  const busy = occupy();
  const answers = await Promise.all([busy.done, mark(1), mark(2), mark(3)].map(outcome));
  expect(answers.map(({ said }) => said)).toEqual(Array.from({ length: 4 }, () => 'unavailable'));
  expect(Math.max(...answers.map(({ after }) => after))).toBeLessThan(TOTAL_MS + SLACK_MS);
  busy.letGo();
  expect((await outcome(mark(4))).said).toBe('done');
  expect(await marks()).toEqual([4]);
});

it('refuses at once where too many wait', async () => {
  const busy = occupy();
  const waiting = [mark(5), mark(6), mark(7)].map(outcome);
  const beyond = await outcome(mark(8));
  expect(beyond.said).toBe('unavailable');
  expect(beyond.after).toBeLessThan(TOTAL_MS / 2);
  busy.letGo();
  await busy.done;
  expect((await Promise.all(waiting)).map(({ said }) => said)).toEqual(['done', 'done', 'done']);
});
