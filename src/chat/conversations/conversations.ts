// The logs of a user and how far they have come. Clients compare their cursors with it after an absence.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { isoTime } from '../../database/time.ts';
import type { Conversation } from '../../protocol/resources.ts';
import type { Principal } from '../accounts/principal.ts';

export interface Conversations {
  /** Every channel of the principal and every pair with direct messages, the latest event first. */
  list(principal: Principal): Promise<Conversation[]>;
}

export function createConversations({ db }: { db: Database }): Conversations {
  return {
    async list({ id }) {
      const found = await rows<Conversation>(
        db,
        sql`select c."id" as "channelId", null::int as "userId", coalesce(v."lastSeq", 0) as "lastSeq", v."lastEventAt"
          from channel_members me join channels c on c."id" = me."channelId" and c."deletedAt" is null
          left join conversations v on v."channelId" = c."id"
          where me."userId" = ${id}::int
          union all
          select null, v."userHigh", v."lastSeq", v."lastEventAt" from conversations v
          where v."userLow" = ${id}::int
          union all
          select null, v."userLow", v."lastSeq", v."lastEventAt" from conversations v
          where v."userHigh" = ${id}::int and v."userLow" <> v."userHigh"
          order by "lastEventAt" desc nulls last, "channelId", "userId"`,
      );
      return found.map((row) => ({ ...row, lastEventAt: row.lastEventAt && isoTime(row.lastEventAt) }));
    },
  };
}
