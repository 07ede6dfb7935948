// The migration command, as an operator runs it.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createDatabase } from '../support/postgres.ts';

let directory: string;
let database: { url: string; drop(): Promise<void> };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'migrate-'));
  database = await createDatabase(inject('postgresUrl'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await database.drop();
});

/** Runs it in an empty folder with nothing else in its environment. */
function migrate(
  command: string,
  env: Record<string, string>,
): Promise<{ code: number; output: string; errors: string }> {
  const script = resolve('src/runtime/cli/migrate.ts');
  const loader = pathToFileURL(resolve('node_modules/tsx/dist/loader.mjs')).href;
  const options = { cwd: directory, env: { PATH: process.env.PATH, ...env } };
  return new Promise((done) => {
    execFile(process.execPath, ['--import', loader, script, command], options, (error, output, errors) => {
      done({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

async function asAdmin(url: string, statements: string): Promise<void> {
  const admin = postgres(url, { max: 1, onnotice: () => {} });
  await admin.unsafe(statements);
  await admin.end();
}

function failed(line: RegExp) {
  return { code: 1, output: '', errors: expect.stringMatching(new RegExp(`^${line.source}\\n$`)) };
}

function done(line: RegExp) {
  return { code: 0, errors: '', output: expect.stringMatching(new RegExp(`^Migrations: ${line.source}\\n$`)) };
}

it('goes forth and back on a server, named by .env as well', async () => {
  const env = { DATABASE_URL: database.url };
  expect(await migrate('run', env)).toEqual(done(/applied 0000, 0001.* \(PostgreSQL at 127.*\)/));
  expect(await migrate('run', env)).toEqual(done(/nothing to do.*/));
  writeFileSync(join(directory, '.env'), `DATABASE_URL=${database.url}\n`);
  expect(await migrate('revert', {})).toEqual(done(/took back \d{4} .*/));
  rmSync(join(directory, '.env'));
}, 120_000);

it('goes forth and back on the embedded database', async () => {
  const env = { DATA_DIR: join(directory, 'data') };
  expect(await migrate('run', env)).toEqual(done(/applied 0000, 0001.* \(embedded PostgreSQL in .*\)/));
  expect(await migrate('revert', env)).toEqual(done(/took back \d{4} .*/));
}, 120_000);

it('says in one line why it did nothing', async () => {
  const foreign = await createDatabase(inject('postgresUrl'));
  await asAdmin(foreign.url, 'create table users (id uuid primary key)');
  expect(await migrate('run', { DATABASE_URL: foreign.url })).toEqual(
    failed(/The database has tables of another application.*/),
  );
  await foreign.drop();
  const wrong = new URL(database.url);
  wrong.pathname = '/there_is_none';
  expect(await migrate('run', { DATABASE_URL: wrong.href })).toEqual(
    failed(/Cannot reach the database: .*: the server has no such database \(.*"there_is_none" does not exist\)/),
  );
  const withoutRights = await createDatabase(inject('postgresUrl'));
  await asAdmin(withoutRights.url, 'create role guest login; revoke create on schema public from public');
  const guest = { DATABASE_URL: withoutRights.url.replace('postgres@', 'guest@') };
  expect(await migrate('run', guest)).toEqual(
    failed(/Migrations failed.*permission denied for .*: run it as the owner.*/),
  );
  await withoutRights.drop();
  await asAdmin(inject('postgresUrl'), 'drop role guest');
  const away = { DB_HOST: '127.0.0.1', DB_PORT: '1', DB_PASSWORD: 'secret', NODE_ENV: 'production' };
  expect(await migrate('run', away)).toEqual(
    failed(/Cannot reach the database: PostgreSQL at 127\.0\.0\.1:1\/\w+: nothing listens there \(.*ECONNREFUSED.*\)/),
  );
  expect(await migrate('run', { DB_HOST: 'x', DB_PORT: 'many' })).toEqual(failed(/Bad configuration: DB_PORT.*/));
  // What follows the first @ is a part of the password, and not shown.
  expect(await migrate('run', { DATABASE_URL: 'postgres://me:se@cret@127.0.0.1:1/chat' })).toEqual(
    failed(/Cannot reach the database: PostgreSQL at 127\.0\.0\.1:1\/chat: [^@]*/),
  );
  expect(await migrate('sideways', {})).toEqual(failed(/Say what to do.*/));
}, 120_000);
