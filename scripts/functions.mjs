// The SQL functions and triggers. drizzle/functions/ has the present text of each. This compares them with what the
// migrations create, in a database that has run these.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const BREAK = '--> statement-breakpoint';
const FUNCTION = /^CREATE OR REPLACE FUNCTION/m;

/** All functions and triggers of a database by their signatures, as PostgreSQL prints them. */
const DESCRIBE = `
  select 'FUNCTION ' || p.oid::regprocedure::text as name,
    regexp_replace(pg_get_functiondef(p.oid), '^(CREATE OR REPLACE FUNCTION )[^.(]+\\.', '\\1') as text
  from pg_proc p where p.pronamespace = current_schema()::regnamespace
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  union all
  select 'TRIGGER ' || g.tgname || ' ON ' || g.tgrelid::regclass, pg_get_triggerdef(g.oid, true)
  from pg_trigger g join pg_class c on c.oid = g.tgrelid
  where not g.tgisinternal and c.relnamespace = current_schema()::regnamespace
  order by 1`;

/** The statements of a script. */
export function statementsOf(script) {
  return script
    .split(BREAK)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

/** The statements of each file. */
export function readFunctions(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return names.sort().map((name) => statementsOf(readFileSync(join(folder, name), 'utf8')));
}

/**
 * What a migration must do so that the database has the functions of the files, the way back, and what the database has
 * that no file creates. `query` runs a statement and returns its rows. All statements must be in one transaction, which
 * must be rolled back afterwards.
 */
export async function compareFunctions(query, files) {
  const describe = async () => new Map((await query(DESCRIBE)).map(({ name, text }) => [name, text]));
  const before = await describe();
  const up = [];
  for (const statements of files) up.push(...(await applyFile(query, describe, statements)));
  const after = await describe();

  for (const name of [...after.keys()].filter((one) => one.startsWith('FUNCTION'))) await query(`drop ${name} cascade`);
  for (const statement of files.flat()) await query(statement);
  const made = await describe();
  return { up, down: wayBack(before, after), unowned: [...after.keys()].filter((name) => !made.has(name)) };
}

/** Runs the statements of a file and returns those that changed something. */
async function applyFile(query, describe, statements) {
  const before = await describe();
  let is = before;
  const changing = [];
  for (const statement of statements) {
    const was = is;
    await query(statement);
    is = await describe();
    changing.push(!isSame(was, is, 'FUNCTION'));
  }
  const triggersChanged = !isSame(before, is, 'TRIGGER');
  return statements.filter((statement, at) => (FUNCTION.test(statement) ? changing[at] : triggersChanged));
}

function isSame(a, b, kind) {
  const list = (all) => JSON.stringify([...all].filter(([name]) => name.startsWith(kind)));
  return list(a) === list(b);
}

/** Drops triggers that change before functions that change, and creates them again after these. */
function wayBack(before, after) {
  const changed = (kind) => {
    const names = new Set([...before.keys(), ...after.keys()].filter((name) => name.startsWith(kind)));
    return [...names].filter((name) => before.get(name) !== after.get(name));
  };
  const former = (names) => names.flatMap((name) => before.get(name) ?? []);
  const triggers = changed('TRIGGER');
  const functions = changed('FUNCTION');
  const news = functions.filter((name) => !before.has(name));
  return [
    ...triggers.filter((name) => after.has(name)).map((name) => `DROP ${name.replace('TRIGGER', 'TRIGGER IF EXISTS')}`),
    ...former(functions),
    ...news.map((name) => `DROP ${name.replace('FUNCTION', 'FUNCTION IF EXISTS')}`),
    ...former(triggers),
  ].map((statement) => `${statement.trimEnd()};`);
}

/** The text of a script. */
export function scriptOf(statements) {
  return `${statements.map((statement) => statement.trimEnd()).join(`${BREAK}\n`)}\n`;
}

/** The same, with a database in memory that runs the migrations first. */
export async function compareWithMigrations(migrations, functions) {
  const { PGlite } = await import('@electric-sql/pglite');
  const database = await PGlite.create('memory://');
  try {
    const { entries } = JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8'));
    for (const { tag } of entries) await database.exec(readFileSync(join(migrations, `${tag}.sql`), 'utf8'));
    return await compareFunctions(async (text) => (await database.query(text)).rows, readFunctions(functions));
  } finally {
    await database.close();
  }
}
