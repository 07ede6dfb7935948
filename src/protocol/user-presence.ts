// Frames about whether users are there: who wants to know of whom, and what one's own connection says.
import * as z from 'zod';
import { id, listOf, queryIds } from './fields.ts';
import { ackOf, clientFrame, serverFrame } from './frame.ts';

/** In order: a user with several connections is the first of these that one of them says. */
export const PRESENCE_STATUSES = ['online', 'away', 'offline'] as const;
export type PresenceStatus = (typeof PRESENCE_STATUSES)[number];

/** The most users that one connection is told of. */
export const PRESENCE_USERS_MAX = 500;
/** A user is offline this long after the last connection ended, so that who comes back was never away. */
export const OFFLINE_AFTER_MS = 15_000;
/** The shortest time between two `presence.changed` to one connection. */
export const PRESENCE_SPACING_MS = 1_000;

const status = z.enum(PRESENCE_STATUSES);

/** `last_seen_at` is null unless the user is offline, and if it is not known. */
const userPresence = z.object({ user_id: z.int(), status, last_seen_at: z.string().nullable() });
export type UserPresence = z.output<typeof userPresence>;

/** The most users of one REST call. */
export const PRESENCE_CALL_MAX = 100;
export const presenceQuery = z.object({ ids: queryIds(PRESENCE_CALL_MAX) });

const shownPresence = z
  .object({ userId: z.int(), status, lastSeenAt: z.string().nullable() })
  .meta({ id: 'Presence', description: '`lastSeenAt` is null unless the user is offline, and if it is not known.' });
export const presenceSchema = z.object({ users: z.array(shownPresence), hidden: z.array(z.int()) });

/** The REST view of a user's presence. */
export function presenceResource({ user_id, status: shown, last_seen_at }: UserPresence) {
  return { userId: user_id, status: shown, lastSeenAt: last_seen_at };
}

/** Takes the place of the list that the connection gave before. */
export const subscribePresence = clientFrame({
  type: 'presence.subscribe',
  data: z.object({ user_ids: listOf(id).max(PRESENCE_USERS_MAX) }),
  answer: ackOf({ users: z.array(userPresence), hidden: z.array(z.int()) }),
});

/** What this connection says of its user. */
export const setPresence = clientFrame({
  type: 'presence.set',
  data: z.object({ status }),
  answer: ackOf({}),
});

/** Users of the list who changed since they were told last. */
export const presenceChanged = serverFrame('presence.changed', z.object({ users: z.array(userPresence) }));
