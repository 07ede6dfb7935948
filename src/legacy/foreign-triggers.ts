// Triggers that somebody else created on the former service's tables, and that the takeover's own changes would fire. A
// trigger that sets `updatedAt`, for example, would make every message look edited.
import { sql } from 'drizzle-orm';
import { type Database, rows } from '../database/database.ts';
import type { Survey } from './survey.ts';
import { LOG_COLUMNS } from './wanted.ts';

const OWN = ['number_foreign_insert', 'number_foreign_update', 'note_member_gone', 'keep_member_once'];
/** Bits of pg_trigger.tgtype. */
const DELETE = 8;
const UPDATE = 16;

/** A text for each. Only reads. */
export async function foreignTriggers(db: Database, state: Survey, hasDoubles: boolean): Promise<string[]> {
  const found = [
    ...(state.hasTriggers ? [] : await triggersOf(db, 'chats', UPDATE)),
    ...(hasDoubles ? await triggersOf(db, 'channel_members', DELETE) : []),
  ];
  return found.map(
    ({ table, name }) =>
      `the trigger ${name} of ${table} would run for every row that is changed here: alter table ${table} disable trigger ${name}, and enable it afterwards`,
  );
}

/** Those that fire, including triggers for columns of the log. */
function triggersOf(db: Database, table: string, event: number): Promise<{ table: string; name: string }[]> {
  return rows(
    db,
    sql`select ${table}::text as "table", quote_ident(tgname) as "name" from pg_trigger
      where tgrelid = ${table}::regclass and not tgisinternal and tgenabled in ('O', 'A') and tgtype & ${event}::int <> 0
        and tgname <> all(${sql.param(OWN)}::text[])
        and (tgattr = ''::int2vector or exists (select from pg_attribute where attrelid = tgrelid and attnum = any(tgattr)
          and attname = any(${sql.param([...LOG_COLUMNS])}::text[])))
      order by tgname`,
  );
}
