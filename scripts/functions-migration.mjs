// Writes a new migration that brings the functions to those in drizzle/functions/, with its way back.
//   node scripts/functions-migration.mjs NAME
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareWithMigrations, scriptOf } from './functions.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const migrations = join(root, 'migrations');
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');
const [name] = process.argv.slice(2);

/** Creates an empty migration with its place in the journal. Returns its name. */
function newMigration() {
  const args = [drizzleKit, 'generate', '--custom', `--name=${name}`];
  execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(join(migrations, 'meta/_journal.json'), 'utf8')).entries.at(-1).tag;
}

if (!/^[a-z0-9_]+$/.test(name ?? '')) {
  console.error('Say what the migration does, in lower-case words with underscores: migration:functions NAME');
  process.exit(1);
}
const { up, down, unowned } = await compareWithMigrations(migrations, join(root, 'drizzle/functions'));
if (unowned.length > 0) {
  console.error(
    `No file of drizzle/functions/ makes ${unowned.join(', ')}: write one, or drop it in a migration of your own`,
  );
  process.exit(1);
}
if (up.length === 0) console.log('The migrations make the functions as drizzle/functions/ has them: nothing to write');
else {
  const tag = newMigration();
  writeFileSync(join(migrations, `${tag}.sql`), scriptOf(up));
  writeFileSync(join(migrations, `${tag}.down.sql`), scriptOf(down));
  console.log(`Wrote migrations/${tag}.sql and its way back`);
}
