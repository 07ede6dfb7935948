// Columns that may lack a value, although this service relies on one. Makes them NOT NULL without reading the table
// under a lock.
import { sql } from 'drizzle-orm';
import { type Step, withShortLock } from '../database/short-lock.ts';
import type { UnfilledTable } from './survey.ts';

/**
 * First adds a rule for new rows, at once. Then checks the old rows, which holds nobody up. With both, the server knows
 * that every row has a value, and makes the columns NOT NULL in an instant.
 */
export async function fillColumns(step: Step, { table, columns }: UnfilledTable): Promise<void> {
  const checks = columns.map((column) => ({ column, name: `CHK_${table}_${column}_filled` }));
  const lock = { tables: [table], mode: 'access exclusive' } as const;
  const drops = checks.map(({ name }) => `drop constraint if exists "${name}"`).join(', ');
  const adds = checks.map(({ column, name }) => `add constraint "${name}" check ("${column}" is not null) not valid`);
  await withShortLock(step, lock, (tx) => tx.execute(sql.raw(`alter table ${table} ${drops}, ${adds.join(', ')}`)));
  for (const { name } of checks) await step.db.execute(sql.raw(`alter table ${table} validate constraint "${name}"`));
  const notNull = columns.map((column) => `alter column "${column}" set not null`).join(', ');
  await withShortLock(step, lock, async (tx) => {
    await tx.execute(sql.raw(`alter table ${table} ${notNull}`));
    await tx.execute(sql.raw(`alter table ${table} ${drops}`));
  });
}
