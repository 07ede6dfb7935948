// The folded names and emails of users, by which they are looked up. Programs that do not know of them leave them
// empty, so each look-up has them filled first.
import { sql } from 'drizzle-orm';
import { fold } from '../lib/fold.ts';
import { createSingleFlight } from '../lib/single-flight.ts';
import { type Database, rows, value } from './database.ts';

/** What an index takes, at three bytes each. Hardly any name of ours is longer, and none differs only beyond that. */
const MAX_UNITS = 890;
/**
 * How much of a text is read. Those of the former service may have any length, and composing thousands of marks takes
 * seconds.
 */
const MAX_READ = 1000;
const AT_ONCE = 500;
/** Below every id. */
export const BEGINNING = -2_147_483_648;

const UNFOLDED = sql`(u."foldedUsername" is null or u."foldedEmail" is null)`;

/** The folded form of a name or an email, stored beside what was typed and used to look it up. */
export function foldedKey(text: string): string {
  return fold(text.slice(0, MAX_READ)).slice(0, MAX_UNITS).toWellFormed();
}

/** The progress of a walk through the users. `lastId` is undefined at its end. */
export interface FillStep {
  readonly filled: number;
  readonly lastId: number | undefined;
}

/** Fills some of the rows with ids above `afterId`. Locks them in the order of their ids. */
export async function fillSome(db: Database, afterId: number, atOnce = AT_ONCE): Promise<FillStep> {
  const found = await rows<{ id: number; username: string; email: string }>(
    db,
    sql`select u."id", u."username", u."email" from users u
      where ${UNFOLDED} and u."id" > ${afterId}::int order by u."id" limit ${atOnce}::int`,
  );
  const list = (pick: (row: (typeof found)[number]) => unknown) => sql.param(found.map(pick));
  if (found.length > 0) {
    // Not if the name has changed since it was read, or somebody else was first.
    await rows(
      db,
      sql`with folded as (
          select * from unnest(${list(({ id }) => id)}::int[], ${list(({ username }) => username)}::text[],
            ${list(({ email }) => email)}::text[], ${list(({ username }) => foldedKey(username))}::text[],
            ${list(({ email }) => foldedKey(email))}::text[]) as f("id", "username", "email", "foldedUsername", "foldedEmail")
        ), locked as (
          select u."id" from users u where ${UNFOLDED} and u."id" in (select "id" from folded) order by u."id" for no key update
        )
        update users u set "foldedUsername" = f."foldedUsername", "foldedEmail" = f."foldedEmail"
        from folded f join locked l on l."id" = f."id"
        where u."id" = f."id" and u."username" = f."username" and u."email" = f."email"`,
    );
  }
  return { filled: found.length, lastId: found.length < atOnce ? undefined : found.at(-1)?.id };
}

export function createFoldedNames(db: Database) {
  const share = createSingleFlight<void>();

  async function fill(): Promise<void> {
    for (let lastId: number | undefined = BEGINNING; lastId !== undefined; ) ({ lastId } = await fillSome(db, lastId));
  }

  /** True if every row that was there at the call can be looked up. */
  async function isSettled(): Promise<boolean> {
    return (await value<boolean>(db, sql`select not exists (select from users u where ${UNFOLDED})`)) === true;
  }

  return {
    isSettled,
    /** Resolves when every row that was there at the call can be looked up. Calls at the same time share the work. */
    async settle(): Promise<void> {
      if (!(await isSettled())) await share('fill', fill);
    },
    /** For callers that can do without: fills all of a few rows, or a part of many. */
    async settleSome(): Promise<void> {
      await fillSome(db, BEGINNING);
    },
  };
}
