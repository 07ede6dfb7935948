// The channels of a user. Requests at the same moment share one statement.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createBatchLoader } from '../../lib/batch-loader.ts';
import type { Channel, DirectChannel } from '../../protocol/channels.ts';
import { ChatError, unavailable } from '../../protocol/errors.ts';
import type { Actor } from '../accounts/principal.ts';
import type { EmailView } from '../email-view.ts';
import { displayName, otherUser } from '../members/membership.ts';
import { isGroup } from '../policy.ts';
import { type ChannelRow, channelColumns, toChannel } from '../rows.ts';

/** Small, because each user may be in thousands of channels, and one turn maps all rows of a batch. */
const MAX_BATCH = 16;

/** Both sorted by id. Do not change it: two requests at the same moment get the same object. */
export interface ChannelList {
  readonly direct: readonly DirectChannel[];
  readonly group: readonly Channel[];
}

/**
 * A direct channel has the other user's email as its name (or their username, if emails are private), and their avatar.
 * Throws UNAUTHORIZED if the account is gone.
 */
export type ListChannels = (actor: Actor) => Promise<ChannelList>;

type ListRow = ChannelRow & { userId: number; otherName: string | null; otherAvatar: string | null };
/** The row of a user without channels. */
type EmptyRow = { userId: number; id: null };

export function createListChannels({ db, emails }: { db: Database; emails: EmailView }): ListChannels {
  async function load(userIds: number[]): Promise<Map<number, ChannelList>> {
    const lists = new Map<number, { direct: DirectChannel[]; group: Channel[] }>();
    for (const row of await readLists(db, emails, userIds)) {
      const list = lists.get(row.userId) ?? { direct: [], group: [] };
      lists.set(row.userId, list);
      if (row.id === null) continue;
      if (isGroup(row)) list.group.push(toChannel(row));
      else list.direct.push(toDirectChannel(row, emails));
    }
    return lists;
  }

  const list = createBatchLoader({ load, maxBatch: MAX_BATCH, refusal: unavailable });

  return async ({ id }) => {
    const found = await list(id);
    if (!found) throw new ChatError('UNAUTHORIZED');
    return found;
  };
}

/** Returns at least one row for each account that exists. */
function readLists(db: Database, emails: EmailView, userIds: number[]): Promise<(ListRow | EmptyRow)[]> {
  return rows<ListRow | EmptyRow>(
    db,
    sql`select me."id" as "userId", ${channelColumns}, o."name" as "otherName", o."avatar" as "otherAvatar"
      from users me
      left join (channel_members m join channels c on c."id" = m."channelId" and c."deletedAt" is null)
        on m."userId" = me."id"
      left join lateral (${otherUser(sql`me."id"`, emails)}) o on true
      where me."id" = any(${sql.param(userIds)}::int[]) and me."deletedAt" is null order by c."id"`,
  );
}

function toDirectChannel(row: ListRow, emails: EmailView): DirectChannel {
  return { ...toChannel(row), name: displayName(row, emails), avatar: row.otherAvatar };
}
