// What a sign-in stores and reads: known addresses, and how often all sessions were ended.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../../database/database.ts';

/** How many addresses of an account are remembered: the latest ones. */
const MAX_ADDRESSES = 50;

/** A column: whether the user `u` signed in from this address before. `address` is a digest. */
export function isKnownAddress(address: string) {
  return sql`exists (select 1 from sign_in_addresses a where a."userId" = u."id" and a."address" = ${address}::text)`;
}

/** A statement that stores the address (or null) of the users whose ids `users` selects, at most once a day. */
export function noteAddress(users: ReturnType<typeof sql>, address: string | null) {
  return sql`insert into sign_in_addresses as a ("userId", "address", "lastAt")
    select "id", ${address}::text, clock_timestamp() at time zone 'utc' from (${users}) of_users where ${address}::text is not null
    on conflict ("userId", "address") do update set "lastAt" = excluded."lastAt"
      where a."lastAt" < excluded."lastAt" - interval '1 day'`;
}

/**
 * Stores the sign-in and returns the generation of its token. Returns undefined if the account is gone or its password
 * hash is no longer `hash`.
 */
export async function beginSession(
  db: Database,
  { userId, hash, address }: { readonly userId: number; readonly hash: string; readonly address: string },
): Promise<number | undefined> {
  const [session] = await rows<{ generation: number }>(
    db,
    sql`with signing_in as (
        select "id" from users where "id" = ${userId}::int and "password" = ${hash}::text and "deletedAt" is null
      ), purged as (
        delete from sign_in_addresses a using signing_in s where a."userId" = s."id" and a."lastAt" < (
          select "lastAt" from sign_in_addresses where "userId" = s."id"
          order by "lastAt" desc offset ${MAX_ADDRESSES - 1}::int limit 1)
      ), noted as (${noteAddress(sql`select "id" from signing_in`, address)})
      select coalesce(c."generation", 0) as "generation"
      from signing_in s left join session_cutoffs c on c."userId" = s."id"`,
  );
  return session?.generation;
}
