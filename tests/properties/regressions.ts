// Cases that once failed, in their smallest form: replayed first in every run. By the name of their property.

export const KEPT: Readonly<Record<string, readonly unknown[]>> = {
  feed: [
    // While there was no room for events that came too early, a join was sent what had been replaced before it.
    [
      { do: 'store', way: 'own' },
      { do: 'edit', message: 0, way: 'late' },
      { do: 'store', way: 'late' },
      { do: 'attach', reader: 2, back: 1 },
      { do: 'restart', reader: 2, back: 3 },
      { do: 'attach', reader: 0, back: 2 },
      { do: 'store', way: 'late' },
      { do: 'store', way: 'own' },
      { do: 'edit', message: 0, way: 'own' },
      { do: 'let', which: 18 },
      { do: 'time', ms: 1000 },
      { do: 'let', which: 1 },
      { do: 'let', which: 3 },
      { do: 'store', way: 'own' },
    ],
    // A full connection that joined again was sent the ring each time, however much waited for it already.
    [
      { do: 'store', way: 'own' },
      { do: 'store', way: 'late' },
      { do: 'stall', reader: 0 },
      { do: 'let', which: 0 },
      { do: 'restart', reader: 0, back: 2 },
      { do: 'attach', reader: 0, back: 2 },
      { do: 'attach', reader: 0, back: 2 },
      { do: 'time', ms: 5 },
    ],
    // A slow reader that fell behind over a hole heard of a message first as of an update.
    [
      ...[
        { do: 'store', way: 'own' },
        { do: 'store', way: 'own' },
        { do: 'store', way: 'own' },
      ],
      ...[
        { do: 'store', way: 'own' },
        { do: 'edit', message: 0, way: 'lost' },
        { do: 'store', way: 'own' },
      ],
      ...[
        { do: 'store', way: 'own' },
        { do: 'store', way: 'lost' },
        { do: 'edit', message: 6, way: 'own' },
      ],
      ...[
        { do: 'time', ms: 1_000 },
        { do: 'stall', reader: 0 },
        { do: 'let', which: 0 },
        { do: 'time', ms: 16 },
      ],
      ...[
        { do: 'let', which: 0 },
        { do: 'store', way: 'own' },
      ],
    ],
  ],
  log: [
    // A pair's feed that was behind was folded back into its users' entries: what a connection came with was sent to it again.
    [
      { do: 'weather', node: 0, fate: 'lost' },
      { do: 'send', node: 0, user: 0, log: 2, count: 1, name: 0, wait: false },
      { do: 'join', client: 0, log: 0, back: 0 },
      { do: 'edit', node: 1, message: 0, wait: false },
      { do: 'send', node: 0, user: 0, log: 0, count: 1, name: 0, wait: false },
      { do: 'return', client: 1, node: 0 },
      { do: 'time', ms: 700_000 },
      { do: 'edit', node: 1, message: 19, wait: false },
      { do: 'settle' },
    ],
    // Nothing was wrong but the model: who is a member again, on a node that heard of neither, reads what was meanwhile.
    [
      ...[
        { do: 'weather', node: 2, fate: 'lost' },
        { do: 'weather', node: 0, fate: 'lost' },
        { do: 'send', node: 0, user: 0, log: 0, count: 2, name: 0, wait: true },
        { do: 'remove', node: 0, user: 2 },
        { do: 'weather', node: 0, fate: 'through' },
      ],
      ...[
        { do: 'send', node: 0, user: 0, log: 0, count: 2, name: 0, wait: true },
        { do: 'time', ms: 20 },
        { do: 'settle' },
        { do: 'add', node: 0, user: 2 },
        { do: 'weather', node: 0, fate: 'lost' },
      ],
      ...[
        { do: 'send', node: 2, user: 0, log: 0, count: 2, name: 0, wait: true },
        { do: 'remove', node: 2, user: 1 },
        { do: 'weather', node: 0, fate: 'through' },
        { do: 'send', node: 2, user: 0, log: 0, count: 2, name: 0, wait: true },
        { do: 'time', ms: 20 },
      ],
      ...[{ do: 'settle' }, { do: 'add', node: 2, user: 1 }],
    ],
    // Who was taken out while a node was deaf, and came to it as a member again, is told there of the removal when it comes.
    [
      { do: 'weather', node: 1, fate: 'held' },
      { do: 'remove', node: 0, user: 2 },
      { do: 'send', node: 1, user: 0, log: 0, count: 2, name: 0, wait: true },
      { do: 'add', node: 0, user: 2 },
      { do: 'return', client: 5, node: 1 },
      { do: 'release', node: 1, first: 0, backwards: false },
      { do: 'send', node: 1, user: 0, log: 0, count: 2, name: 0, wait: true },
    ],
    // A pair's feed was put away between an event's coming and the end of that turn, when it would have been handed out.
    [
      { do: 'send', node: 0, user: 1, log: 2, count: 1, name: 0, wait: true },
      { do: 'weather', node: 2, fate: 'held' },
      { do: 'send', node: 0, user: 1, log: 2, count: 1, name: 0, wait: true },
      { do: 'release', node: 2, first: 0, backwards: false },
      { do: 'time', ms: 700_000 },
    ],
  ],
  'fair log': [
    // Nor here: of two deletions of one message that are on their way, the second may overtake the first.
    [
      { do: 'send', node: 0, user: 0, log: 0, count: 1, name: 0, wait: false },
      { do: 'send', node: 0, user: 0, log: 2, count: 1, name: 0, wait: false },
      { do: 'delete', node: 0, message: 0, wait: false },
      { do: 'leave', client: 0, log: 1 },
      { do: 'delete', node: 0, message: 14, wait: false },
      { do: 'edit', node: 0, message: 9, wait: true },
    ],
  ],
  config: [
    // A password with a bare percent sign ended the start with an error that named no variable.
    { others: {}, secrets: { REDIS_URL: 'redis://:A%A0aAaAA%%A@a' } },
  ],
};
