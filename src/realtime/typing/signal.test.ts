import { expect, it } from 'vitest';
import { typingSignal } from './signal.ts';

const of = (id: number, expires_in_ms: number) => ({
  channel_id: 7,
  users: [{ user_id: id, username: `u${id}` }],
  expires_in_ms,
});

it('only the latest of each user is sent, users of equal expiry in one frame', () => {
  const waiting = [of(1, 8_000), of(2, 8_000), of(1, 0), of(3, 8_000), of(4, 0), of(4, 8_000)];
  expect(typingSignal.gather?.(waiting)).toEqual([
    { ...of(1, 0) },
    {
      channel_id: 7,
      users: [2, 3, 4].map((id) => ({ user_id: id, username: `u${id}` })),
      expires_in_ms: 8_000,
    },
  ]);
  expect(waiting[0]?.users).toHaveLength(1);
});
