// Prepares a database that the former service filled, and still writes to, for the first migrations: what would take
// long inside them is done before, in small steps. Each step reads from the database what is left to do.
import { sql } from 'drizzle-orm';
import type { Database } from '../database/database.ts';
import { buildIndex } from '../database/index-build.ts';
import type { TakeoverDeps } from '../database/migrate.ts';
import { MigrationError, TakeoverStopped } from '../database/migration-error.ts';
import { retryLocks, type Step, withShortLock } from '../database/short-lock.ts';
import { fillColumns } from './filled.ts';
import { buildWithoutDoubles } from './merge-doubles.ts';
import { countUnnumbered, logsOfChannels, numberBatch, numberMostMessages, numberStragglers } from './numbering.ts';
import { refuseObstacles } from './obstacles.ts';
import { ADD_LOG_COLUMNS, CREATE_CONVERSATIONS, MAKE_ROOM, NUMBER_FOREIGN_ROWS } from './statements.ts';
import { type Survey, survey } from './survey.ts';
import { CONVERSATION_RULES, referenceName } from './wanted.ts';

/**
 * Throws MigrationError if something prevents it, and then nothing was changed. Throws TakeoverStopped if it fails
 * midway.
 */
export async function takeOver(deps: TakeoverDeps): Promise<void> {
  const { db } = deps;
  const state = await survey(db);
  await refuseObstacles(db, state);
  if (isBegun(state)) deps.report({ step: 'going on with a takeover that was interrupted' });

  let current = '';
  const begin = (step: string): Step => {
    current = step;
    deps.report({ step });
    return { db, report: deps.report, step };
  };
  try {
    await addLogs(state, begin);
    await makeRoom(state, begin);
    if (!state.hasTriggers) await numberEverything(deps, begin);
    await buildIndexes(deps, state, begin);
    await makeUnique(deps, state, begin);
    await addReferences(db, state, begin);
    for (const table of state.unfilled) await fillColumns(begin(`making columns of ${table.table} not null`), table);
    await numberStragglers(begin('looking for messages without a number'));
    await db.execute(sql`analyze chats, conversations`);
    await deps.finish(begin('applying migrations'));
  } catch (error) {
    throw error instanceof MigrationError ? error : new TakeoverStopped(current, error);
  }
}

function isBegun({ columns, hasConversations }: Survey): boolean {
  return columns.length === 0 || hasConversations;
}

type Begin = (step: string) => Step;

/** Nullable columns without default, and the table of logs: each takes an instant. */
async function addLogs(state: Survey, begin: Begin): Promise<void> {
  if (state.columns.length > 0) {
    const lock = { tables: ['chats'], mode: 'access exclusive' } as const;
    await withShortLock(begin('adding columns to chats'), lock, (tx) => tx.execute(ADD_LOG_COLUMNS));
  }
  if (!state.hasConversations) {
    const lock = { tables: ['channels', 'users'], mode: 'share row exclusive' } as const;
    await withShortLock(begin('making the table of conversations'), lock, async (tx) => {
      await tx.execute(CREATE_CONVERSATIONS);
      for (const rule of CONVERSATION_RULES) await tx.execute(sql.raw(rule));
    });
  }
}

/** Runs before a trigger watches these columns, because that would forbid it. Rewrites no row. */
async function makeRoom({ narrow, hasTriggers }: Survey, begin: Begin): Promise<void> {
  if (narrow.length === 0 || hasTriggers) return;
  const concerned = ['chats', 'channels', 'users'].filter((it) =>
    narrow.some(({ column }) => column.startsWith(`${it}.`)),
  );
  const lock = { tables: concerned, mode: 'access exclusive' } as const;
  await withShortLock(begin('making room in columns'), lock, (tx) => tx.execute(MAKE_ROOM));
}

/**
 * Numbers what exists. Then stops writers for a moment, numbers the last few, and lets the triggers number the rest.
 */
async function numberEverything({ db, functions }: TakeoverDeps, begin: Begin): Promise<void> {
  await logsOfChannels(begin('giving channels their logs'));
  const total = await countUnnumbered(db);
  const settled = await numberMostMessages(begin('numbering messages'), total);
  const step = begin('numbering the last messages and setting triggers');
  await retryLocks(step, async () => {
    for (const statement of functions) await db.execute(sql.raw(statement));
  });
  await withShortLock(step, { tables: ['chats'], mode: 'share row exclusive' }, async (tx) => {
    await numberBatch(tx, settled, 2_147_483_647);
    for (const trigger of NUMBER_FOREIGN_ROWS) await tx.execute(trigger);
  });
}

async function buildIndexes({ watcher }: TakeoverDeps, state: Survey, begin: Begin): Promise<void> {
  for (const { index } of state.indexes) {
    await buildIndex(begin(`building the index ${index.name}`), watcher, index);
  }
}

async function makeUnique({ watcher }: TakeoverDeps, state: Survey, begin: Begin): Promise<void> {
  for (const { unique } of state.uniques) {
    const { table, name, columns } = unique;
    const step = begin(`making ${name} hold`);
    const on = `(${columns.map((column) => `"${column}"`).join(', ')})`;
    const build = () => buildIndex(step, watcher, { table, name, on, unique: true });
    await (table === 'channel_members' ? buildWithoutDoubles(step, build) : build());
    const statement = `alter table ${table} add constraint "${name}" unique using index "${name}"`;
    await withShortLock(step, { tables: [table], mode: 'access exclusive' }, (tx) => tx.execute(sql.raw(statement)));
  }
}

/** First for new rows, at once. Then the old ones are checked, which holds nobody up. */
async function addReferences(db: Database, state: Survey, begin: Begin): Promise<void> {
  for (const { reference, added } of state.references) {
    const { table, column, target } = reference;
    const name = referenceName(reference);
    const step = begin(`making ${name} hold`);
    if (!added) {
      const add = `alter table ${table} add constraint "${name}" foreign key ("${column}") references ${target} (id) on delete cascade not valid`;
      await withShortLock(step, { tables: [table, target], mode: 'share row exclusive' }, (tx) =>
        tx.execute(sql.raw(add)),
      );
    }
    await db.execute(sql.raw(`alter table ${table} validate constraint "${name}"`));
  }
}
