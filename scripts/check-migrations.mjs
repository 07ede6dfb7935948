// Fails if the migrations differ from the schema and functions in drizzle/ (`migration:generate` or
// `migration:functions` would write something), if the files do not fit together, or if one has no way back.
//   node scripts/check-migrations.mjs [schema] [migrations] [functions]
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareWithMigrations, scriptOf } from './functions.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const [
  schema = join(root, 'drizzle/schema.ts'),
  migrations = join(root, 'migrations'),
  functions = join(root, 'drizzle/functions'),
] = process.argv.slice(2);
const drizzleKit = join(dirname(createRequire(import.meta.url).resolve('drizzle-kit')), 'bin.cjs');

/** The output of drizzle-kit, whether it succeeded or not. It only takes paths below the working directory. */
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
  // It asks whether a column was renamed. If nobody answers, it ends as if everything were fine.
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

async function problemsOfFunctions() {
  const { up, unowned } = await compareWithMigrations(migrations, functions);
  return [
    ...(up.length > 0
      ? [
          `drizzle/functions/ says more than the migrations; \`npm run migration:functions\` would write\n${scriptOf(up)}`,
        ]
      : []),
    ...unowned.map((name) => `they make ${name}, of which drizzle/functions/ knows nothing`),
  ];
}

const copy = mkdtempSync(join(tmpdir(), 'migrations-'));
try {
  cpSync(migrations, copy, { recursive: true });
  const found = problems(copy);
  if (found.length === 0) found.push(...(await problemsOfFunctions()));
  for (const problem of found) console.error(`Migrations: ${problem}`);
  if (found.length > 0) process.exitCode = 1;
  else console.log('Migrations: they say what the schema and the functions say, each with a way back');
} finally {
  rmSync(copy, { recursive: true, force: true });
}
