// Cases that once failed, in their smallest form: replayed first in every run. By the name of their property.

export const KEPT: Readonly<Record<string, readonly unknown[]>> = {
  feed: [
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
  config: [
    // A password with a bare percent sign ended the start with an error that named no variable.
    { others: {}, secrets: { REDIS_URL: 'redis://:A%A0aAaAA%%A@a' } },
  ],
};
