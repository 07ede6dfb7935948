// Brings the folded names to a database that has users already. Columns, trigger and indexes come before the migration
// that defines them, beside writers. Then the names themselves follow, some at a time.
import { sql } from 'drizzle-orm';
import { type Database, value } from './database.ts';
import { BEGINNING, fillSome } from './folded-names.ts';
import { buildIndex, type Index } from './index-build.ts';
import { MigrationError } from './migration-error.ts';
import { givingWay, type Step, withShortLock } from './short-lock.ts';
import { hasTable } from './table-shapes.ts';

/** The number of the migration. */
export const FOLDING = '0007';

const INDEX = /^CREATE (UNIQUE )?INDEX IF NOT EXISTS "(\w+)" ON "(\w+)" (.*?);?$/s;

/** `db` is the session that holds the runner's lock. */
type FoldingDeps = Pick<Step, 'db' | 'report'>;

/** Creates what the `statements` of the migration create. `watcher` is another session. */
export async function prepareFolding(
  { db, report }: FoldingDeps,
  watcher: Database,
  statements: readonly string[],
): Promise<void> {
  const indexes = statements.flatMap(indexOf);
  if (indexes.length === 0) throw new MigrationError('The migration of folded names has no indexes');
  const others = statements.filter((statement) => indexOf(statement).length === 0);
  const begin = (step: string) => {
    report({ step });
    return { db, report, step };
  };
  await withShortLock(begin('adding columns to users'), { tables: ['users'], mode: 'access exclusive' }, async (tx) => {
    for (const statement of others) await tx.execute(sql.raw(statement));
  });
  for (const index of indexes) {
    await buildIndex(begin(`building the index ${index.name}`), watcher, index);
  }
}

function indexOf(statement: string): Index[] {
  const [, unique, name, table, on] = INDEX.exec(statement.trim()) ?? [];
  if (name === undefined || table === undefined || on === undefined) return [];
  return [{ table, name, on, ...(unique && { unique: true }) }];
}

/** Folds whatever is not folded yet. May be cut off anywhere. */
export async function fillFolding({ db, report }: FoldingDeps): Promise<void> {
  const unfolded = sql`select count(*) from users where "foldedUsername" is null or "foldedEmail" is null`;
  const total = (await value<number>(db, unfolded)) ?? 0;
  if (total === 0) return;
  const step = { db, report, step: 'folding names' };
  for (let lastId: number | undefined = BEGINNING, done = 0; lastId !== undefined; ) {
    const from: number = lastId;
    const filled = await givingWay(step, (tx) => fillSome(tx, from));
    done += filled.filled;
    lastId = filled.lastId;
    report({ step: step.step, done, total: Math.max(done, total), unit: 'users' });
  }
  await db.execute(sql`analyze users`);
}

/** What these migrations would do of that, a line each. Only reads. */
export async function planFolding(db: Database, migrations: readonly { readonly number: string }[]): Promise<string[]> {
  if (!migrations.some(({ number }) => number === FOLDING) || !(await hasTable(db, 'users'))) return [];
  return [
    'add the columns foldedUsername, foldedEmail, isNameUnique to users, and build their indexes beside writers',
    `fold the names and emails of ${await value<number>(db, sql`select count(*) from users`)} users, some at a time`,
  ];
}
