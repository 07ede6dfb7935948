// The signal of typing: only the latest of each user, with users of equal expiry in one frame.
import type { DataOf } from '../../protocol/frame.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { typing } from '../../protocol/typing.ts';
import { defineSignal } from '../signals/signal.ts';

type Typing = DataOf<typeof typing>;

export const typingSignal = defineSignal({
  frames: [typing],
  coalesceMs: 500,
  notAbove: LIMITS.ANNOUNCED_USERS_MAX,
  gather: (waiting: readonly Typing[]) => [...byExpiry(waiting).values()],
});

function byExpiry(waiting: readonly Typing[]): Map<number, Typing> {
  const latest = new Map(waiting.flatMap((data) => data.users.map((user) => [user.user_id, { data, user }] as const)));
  const gathered = new Map<number, Typing>();
  for (const { data, user } of latest.values()) {
    const alike = gathered.get(data.expires_in_ms);
    if (alike) alike.users.push(user);
    else gathered.set(data.expires_in_ms, { ...data, users: [user] });
  }
  return gathered;
}
