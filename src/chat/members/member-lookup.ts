// Who may read a channel. Lookups at the same moment share one statement.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createBatchLoader } from '../../lib/batch-loader.ts';
import { ChatError, unavailable } from '../../protocol/errors.ts';

const MAX_BATCH = 500;

/** Throws UNAUTHORIZED if the account is gone, CHANNEL_NOT_FOUND if the user is not a member or there is no channel. */
export type AssertReader = (userId: number, channelId: number) => Promise<void>;

export function createAssertReader({ db }: { db: Database }): AssertReader {
  async function load(names: string[]): Promise<Map<string, boolean>> {
    const pairs = names.map((name) => name.split(':').map(Number));
    const found = await rows<{ userId: number; channelId: number; isMember: boolean }>(
      db,
      sql`select w."userId", w."channelId", exists (
          select 1 from channel_members m join channels c on c."id" = m."channelId" and c."deletedAt" is null
          where m."userId" = w."userId" and m."channelId" = w."channelId") as "isMember"
        from unnest(${sql.param(pairs.map(([userId]) => userId))}::int[],
          ${sql.param(pairs.map(([, channelId]) => channelId))}::int[]) as w("userId", "channelId")
        join users u on u."id" = w."userId" and u."deletedAt" is null`,
    );
    return new Map(found.map(({ userId, channelId, isMember }) => [`${userId}:${channelId}`, isMember]));
  }

  const isMember = createBatchLoader({ load, maxBatch: MAX_BATCH, refusal: unavailable });

  return async (userId, channelId) => {
    const answer = await isMember(`${userId}:${channelId}`);
    if (answer === undefined) throw new ChatError('UNAUTHORIZED');
    if (!answer) throw new ChatError('CHANNEL_NOT_FOUND');
  };
}
