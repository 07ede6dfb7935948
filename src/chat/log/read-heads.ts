// Where channels stand, for clients that show only that: the head, and what makes them ask for more.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';

/** After more events than this it is not looked up whether one of them was a deletion: it counts as one. */
const MAX_EVENTS = 1_000;

export interface WantedHead {
  readonly channelId: number;
  /** The last number that is known already. */
  readonly after: number;
}

export interface ChannelHead {
  readonly channelId: number;
  readonly lastSeq: number;
  readonly messageCount: number;
  readonly lastEventAt: string | null;
  readonly accessVersion: number;
  /** Whether something was deleted after the known number. */
  readonly deleted: boolean;
  /** Who is named in messages that changed after it. */
  readonly mentioned: number[] | 'all';
}

type HeadRow = Omit<ChannelHead, 'mentioned'> & { mentioned: number[]; mentionsAll: boolean };

/** Channels without a log are left out. */
export function createReadHeads({ db }: { readonly db: Database }) {
  return async (wanted: readonly WantedHead[]): Promise<ChannelHead[]> => {
    const found = await rows<HeadRow>(
      db,
      sql`select c."channelId", c."lastSeq", c."messageCount", c."lastEventAt", c."membersVersion" as "accessVersion",
          c."lastSeq" - w.after > ${MAX_EVENTS}::int or coalesce(e."deleted", false) as "deleted",
          coalesce(e."mentionsAll", false) as "mentionsAll",
          array(
            select distinct named.id from chats m, unnest(m."mentions") named(id)
            where m."conversationId" = c."id" and m."updatedSeq" > greatest(w.after, c."lastSeq" - ${MAX_EVENTS}::int)
              and m."deletedAt" is null and m."mentions" is not null
            order by named.id
          ) as "mentioned"
        from unnest(${sql.param(wanted.map((each) => each.channelId))}::int[],
          ${sql.param(wanted.map((each) => each.after))}::int[]) as w(channel, after)
        join conversations c on c."channelId" = w.channel
        left join lateral (
          select bool_or(m."deletedAt" is not null) as "deleted",
            bool_or(m."mentionAll" and m."deletedAt" is null) as "mentionsAll"
          from chats m
          where m."conversationId" = c."id" and m."updatedSeq" > greatest(w.after, c."lastSeq" - ${MAX_EVENTS}::int)
        ) e on true`,
    );
    return found.map(({ mentionsAll, ...row }) => ({
      ...row,
      lastEventAt: row.lastEventAt && isoTime(row.lastEventAt),
      mentioned: mentionsAll ? 'all' : row.mentioned,
    }));
  };
}
