import { expect, it } from 'vitest';
import { createSingleFlight } from './single-flight.ts';

/** Answers that the test gives when it wants. Each is the number of the call, in order. */
function answers() {
  const open: { give(): void; fail(): void }[] = [];
  const make = () =>
    new Promise<number>((resolve, reject) => {
      const number = open.length + 1;
      open.push({ give: () => resolve(number), fail: () => reject(new Error(`answer ${number}`)) });
    });
  return { open, make };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('begins at once if nobody has asked', async () => {
  const { open, make } = answers();
  const singleFlight = createSingleFlight<number>();
  const [first, other] = [singleFlight('a', make), singleFlight('b', make)];
  expect(open).toHaveLength(2);
  for (const { give } of open) give();
  expect(await Promise.all([first, other])).toEqual([1, 2]);
});

it('gives all who ask while one is made the next, which begins after it', async () => {
  const { open, make } = answers();
  const singleFlight = createSingleFlight<number>();
  const all = [singleFlight('a', make), singleFlight('a', make), singleFlight('a', make)];
  expect(open).toHaveLength(1);
  open[0]?.give();
  await turn();
  expect(open).toHaveLength(2);
  all.push(singleFlight('a', make));
  open[1]?.give();
  await turn();
  open[2]?.give();
  expect(await Promise.all(all)).toEqual([1, 2, 2, 3]);
});

it('goes on after a failure, which only those who shared it see', async () => {
  const { open, make } = answers();
  const singleFlight = createSingleFlight<number>();
  const all = Promise.allSettled([singleFlight('a', make), singleFlight('a', make), singleFlight('a', make)]);
  open[0]?.fail();
  await turn();
  open[1]?.fail();
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  const last = singleFlight('a', make);
  open[2]?.give();
  expect(await last).toBe(3);
});

it('forgets answers once they are given', async () => {
  const { open, make } = answers();
  const singleFlight = createSingleFlight<number>();
  const first = singleFlight('a', make);
  open[0]?.give();
  await first;
  await turn();
  void singleFlight('a', make);
  expect(open).toHaveLength(2);
});
