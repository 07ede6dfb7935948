// The frames of the account log: what is one user's alone, for that user's connections.
import * as z from 'zod';
import { type Entry, endReason, entrySchema } from './conversations.ts';
import { since } from './fields.ts';
import { ackOf, clientFrame, type DataOf, serverFrame } from './frame.ts';
import { totalsSchema } from './markers.ts';
import { spelled } from './spelling.ts';
import { type Account, accountSchema } from './sync.ts';

/** From now on what changes in the account log comes to this connection. */
export const joinAccount = clientFrame({
  type: 'account.join',
  data: z.object({ since }),
  answer: ackOf({ last_seq: z.int(), totals: totalsSchema }),
});

/** An entry without what every message changes. */
const entryFields = entrySchema.omit({ lastSeq: true, lastEventAt: true, lastMessage: true, messageCount: true }).shape;

export const conversationUpdated = serverFrame('conversation.updated', z.object(spelled(entryFields)));

export const conversationRemoved = serverFrame(
  'conversation.removed',
  z.object({ channel_id: z.int(), reason: endReason }),
);

export const accountUpdated = serverFrame('account.updated', z.object(spelled(accountSchema.shape)));

const FIELDS = Object.keys(entryFields) as ReadonlyArray<keyof typeof entryFields>;
const NAMES = Object.keys(spelled(entryFields)) as ReadonlyArray<keyof DataOf<typeof conversationUpdated>>;

/** Data of `conversation.updated`. */
export function conversationData(entry: Entry): DataOf<typeof conversationUpdated> {
  const fields = FIELDS.map((field, at) => [NAMES[at] as string, entry[field]]);
  return Object.fromEntries(fields) as DataOf<typeof conversationUpdated>;
}

/** Data of `account.updated`. */
export function accountData({ user, settings, blocked }: Account): DataOf<typeof accountUpdated> {
  return { user, settings, blocked };
}
