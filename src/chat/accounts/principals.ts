// Loads acting users by id: at every request, so that a deleted account is refused at once.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';
import { createBatchLoader } from '../../lib/batch-loader.ts';
import type { Spacing } from '../../lib/spacing.ts';
import { unavailable } from '../../protocol/errors.ts';
import { toUser, type UserRow, userColumns } from '../rows.ts';
import type { Principal } from './principal.ts';

const MAX_BATCH = 500;

export interface Principals {
  /** Returns undefined for an unknown or deleted user. Concurrent loads share one query. Throws UNAVAILABLE. */
  load(userId: number): Promise<Principal | undefined>;
}

export interface PrincipalsDependencies {
  readonly db: Database;
  /** Emails of admins beside those in the database, compared exactly. */
  readonly adminEmails: readonly string[];
  /** See BatchLoaderOptions. */
  readonly spacing?: Spacing;
}

export function createPrincipals({ db, adminEmails, spacing }: PrincipalsDependencies): Principals {
  const admins = new Set(adminEmails);

  async function load(ids: number[]): Promise<Map<number, Principal>> {
    const found = await rows<UserRow & { isAdmin: boolean }>(
      db,
      sql`select ${userColumns}, u."isAdmin" from users u where u."id" = any(${sql.param(ids)}::int[]) and u."deletedAt" is null`,
    );
    // `isAdmin` comes before the spread, because behind it each principal would get a hidden class of its own.
    return new Map(found.map((row) => [row.id, { isAdmin: row.isAdmin || admins.has(row.email), ...toUser(row) }]));
  }

  return { load: createBatchLoader({ load, maxBatch: MAX_BATCH, refusal: unavailable, spacing }) };
}
