// Fails where the migrations do not say what drizzle/schema.ts says: where `migration:generate` would write something, where
// the files do not fit together, or where one has no way back.
//   node scripts/check-migrations.mjs [schema] [migrations]
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [schema = join(root, 'drizzle/schema.ts'), migrations = join(root, 'migrations')] = process.argv.slice(2);
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');

/** What drizzle-kit said, whether it was content or not. It has no paths that are not below the working directory. */
function run(command, out) {
  const args = [drizzleKit, command, '--dialect=postgresql', `--out=${relative(root, out)}`];
  if (command === 'generate') args.push(`--schema=${relative(root, schema)}`, '--name=drift');
  try {
    return { ok: true, said: execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }) };
  } catch (error) {
    return { ok: false, said: `${error.stdout}${error.stderr}` };
  }
}

function sqlFiles(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.sql'));
}

function problems(copy) {
  const { entries } = JSON.parse(readFileSync(join(copy, 'meta/_journal.json'), 'utf8'));
  const missing = entries
    .flatMap(({ tag }) => [`${tag}.sql`, `${tag}.down.sql`])
    .filter((name) => !existsSync(join(copy, name)))
    .map((name) => `migrations/${name} is missing`);
  const fit = run('check', copy);
  if (!fit.ok) return [...missing, `the migrations do not fit together:\n${fit.said}`];
  const before = new Set(sqlFiles(copy));
  const generated = run('generate', copy);
  const drift = sqlFiles(copy).filter((name) => !before.has(name));
  // A column that may be a renamed one is asked about, and where nobody answers it ends as if all were well.
  if (drift.length === 0 && !/No schema changes/.test(generated.said))
    missing.push(
      `drizzle-kit found a difference that it wants to ask about, as a renamed column: run \`npm run migration:generate\`\n${generated.said}`,
    );
  return [
    ...missing,
    ...drift.map(
      (name) =>
        `the schema says more than the migrations; \`npm run migration:generate\` would write\n${readFileSync(join(copy, name), 'utf8')}`,
    ),
  ];
}

const copy = mkdtempSync(join(tmpdir(), 'migrations-'));
try {
  cpSync(migrations, copy, { recursive: true });
  const found = problems(copy);
  for (const problem of found) console.error(`Migrations: ${problem}`);
  if (found.length > 0) process.exitCode = 1;
  else console.log('Migrations: they say what the schema says, each with a way back');
} finally {
  rmSync(copy, { recursive: true, force: true });
}
