// What may happen to logs and their readers, as plain data: it shrinks, it prints, and it can be kept. Numbers choose among
// what there is when the step is made, whatever its count.
import fc from 'fast-check';

export const NODES = 3;
export const USERS = 4;
/** Two channels, and the direct messages of users 2 and 3. */
export const LOGS = 3;
export const CLIENTS = 6;

export type Step =
  /** `count` messages at once by user number `user` on a node, over its connection; `name` is a client id, 0 none. */
  | { do: 'send'; node: number; user: number; log: number; count: number; name: number; wait: boolean }
  | { do: 'edit' | 'delete'; node: number; message: number; wait: boolean }
  /** What becomes of publications to a node from now on. */
  | { do: 'weather'; node: number; fate: 'through' | 'lost' | 'held' | 'twice' }
  | { do: 'release'; node: number; first: number; backwards: boolean }
  | { do: 'time'; ms: number }
  /** The client's connection is gone; it comes back to a node with what it has. */
  | { do: 'cut'; client: number }
  | { do: 'return'; client: number; node: number }
  /** Joins again in the same connection, from up to `back` events before what it has; -1 without `since`. */
  | { do: 'join'; client: number; log: number; back: number }
  | { do: 'leave'; client: number; log: number }
  | { do: 'stall' | 'drain'; client: number }
  | { do: 'remove' | 'add'; node: number; user: number }
  | { do: 'restart' | 'heads'; node: number }
  /** Waits until everything that was sent is answered. */
  | { do: 'settle' };

const node = fc.nat({ max: NODES - 1 });
const client = fc.nat({ max: CLIENTS - 1 });
const user = fc.nat({ max: USERS - 1 });
const log = fc.nat({ max: LOGS - 1 });
const wait = fc.boolean();
const message = fc.nat({ max: 30 });

const send = fc.record({
  do: fc.constant('send' as const),
  node,
  user,
  log,
  count: fc.integer({ min: 1, max: 6 }),
  name: fc.nat({ max: 4 }),
  wait,
});
const change = fc.record({ do: fc.constantFrom('edit' as const, 'delete' as const), node, message, wait });
const edit = fc.record({ do: fc.constant('edit' as const), node, message, wait });
const cut = fc.record({ do: fc.constant('cut' as const), client });
const comeBack = fc.record({ do: fc.constant('return' as const), client, node });
const join = fc.record({ do: fc.constant('join' as const), client, log, back: fc.integer({ min: -1, max: 20 }) });
const leave = fc.record({ do: fc.constant('leave' as const), client, log });
const settle = fc.record({ do: fc.constant('settle' as const) });
const heads = fc.record({ do: fc.constant('heads' as const), node });
const restart = fc.record({ do: fc.constant('restart' as const), node });
const members = fc.record({ do: fc.constantFrom('remove' as const, 'add' as const), node, user });
const stall = fc.record({ do: fc.constantFrom('stall' as const, 'stall' as const, 'drain' as const), client });
const weather = fc.record({
  do: fc.constant('weather' as const),
  node,
  fate: fc.constantFrom('through' as const, 'lost' as const, 'held' as const, 'twice' as const),
});
const release = fc.record({
  do: fc.constant('release' as const),
  node,
  first: fc.nat({ max: 5 }),
  backwards: fc.boolean(),
});
/**
 * Somebody is taken out while a node is deaf, or just after it was: what it hears late was stored before the removal, what
 * is sent then is nothing for who is out. Seldom enough by chance to be put together here.
 */
const removal = fc
  .record({
    ...{ node, elsewhere: node, user: fc.integer({ min: 1, max: USERS - 1 }), hearsRemoval: fc.boolean() },
    fate: fc.constantFrom('lost' as const, 'held' as const),
  })
  .map(({ node, elsewhere, user, hearsRemoval, fate }): Step[] => {
    const more = { do: 'send', node: elsewhere, user: 0, log: 0, count: 2, name: 0, wait: true } as const;
    const heard = { do: 'weather', node, fate: 'through' } as const;
    const remove = { do: 'remove', node: elsewhere, user } as const;
    const order = hearsRemoval ? [heard, remove] : [remove, heard];
    return [
      ...[{ do: 'weather', node, fate } as const, more, ...order],
      ...[{ do: 'release', node, first: 0, backwards: false } as const, more, { do: 'time', ms: 20 } as const],
      ...[{ do: 'settle' } as const, { do: 'add', node: elsewhere, user } as const],
    ];
  });

/** A publication's grace, a sweep, a comparison of heads, the end of a feed that nobody reads, that of a quiet pair's. */
const time = fc.record({
  do: fc.constant('time' as const),
  ms: fc.constantFrom(20, 20, 1_100, 6_000, 61_000, 700_000),
});

/** Steps where nothing is lost, nobody is slow and time stands still. */
export const fairSteps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: send },
    { weight: 5, arbitrary: change },
    { weight: 2, arbitrary: comeBack },
    { weight: 1, arbitrary: join },
    { weight: 1, arbitrary: leave },
    { weight: 1, arbitrary: members },
    { weight: 1, arbitrary: settle },
  ),
  { minLength: 1, maxLength: 30, size: 'max' },
);

const alone = (step: Step): Step[] => [step];

export const anySteps: fc.Arbitrary<Step[]> = fc
  .array(
    fc.oneof(
      { weight: 2, arbitrary: removal },
      { weight: 10, arbitrary: send.map(alone) },
      { weight: 3, arbitrary: change.map(alone) },
      { weight: 3, arbitrary: edit.map(alone) },
      { weight: 4, arbitrary: weather.map(alone) },
      { weight: 3, arbitrary: release.map(alone) },
      { weight: 3, arbitrary: time.map(alone) },
      { weight: 1, arbitrary: cut.map(alone) },
      { weight: 4, arbitrary: comeBack.map(alone) },
      { weight: 2, arbitrary: join.map(alone) },
      { weight: 1, arbitrary: leave.map(alone) },
      { weight: 3, arbitrary: stall.map(alone) },
      { weight: 2, arbitrary: members.map(alone) },
      { weight: 1, arbitrary: restart.map(alone) },
      { weight: 1, arbitrary: heads.map(alone) },
      { weight: 1, arbitrary: settle.map(alone) },
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  )
  .map((groups) => groups.flat());
