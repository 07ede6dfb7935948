// `npm run migration:check`, a part of `npm run check`: it finds a schema and functions that the migrations do not say.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const SCHEMA = readFileSync('drizzle/schema.ts', 'utf8');
let folder: string;

beforeAll(() => {
  // Below node_modules, so that a planted schema finds its imports.
  folder = mkdtempSync('node_modules/.migration-check-');
});
afterAll(() => rmSync(folder, { recursive: true }));

function check(...places: string[]): Promise<{ code: number; said: string }> {
  return new Promise((done) => {
    execFile(process.execPath, ['scripts/check-migrations.mjs', ...places], (error, output, errors) => {
      done({ code: error ? Number(error.code) : 0, said: output + errors });
    });
  });
}

function plant(change: (schema: string) => string): string {
  const path = join(folder, 'schema.ts');
  const planted = change(SCHEMA);
  expect(planted).not.toBe(SCHEMA);
  writeFileSync(path, planted);
  return path;
}

it('is content with what is here', async () => {
  expect(await check()).toMatchObject({ code: 0 });
});

it.each<[string, (schema: string) => string, RegExp]>([
  [
    'a new column',
    (schema) => schema.replace("text: text('text'),", "text: text('text'), mood: text('mood'),"),
    /ADD COLUMN "mood"/,
  ],
  ['another length', (schema) => schema.replace('length: 64', 'length: 65'), /SET DATA TYPE varchar\(65\)/],
  ['a column under another name', (schema) => schema.replaceAll("'lastEventAt'", "'lastAt'"), /as a renamed column/],
])('finds %s', async (_, change, said) => {
  expect(await check(plant(change))).toEqual({ code: 1, said: expect.stringMatching(said) });
});

it('finds a migration that has no way back', async () => {
  const copy = join(folder, 'migrations');
  cpSync('migrations', copy, { recursive: true });
  rmSync(join(copy, '0001_log.down.sql'));
  expect(await check('drizzle/schema.ts', copy)).toEqual({
    code: 1,
    said: expect.stringContaining('0001_log.down.sql is missing'),
  });
});

it('finds a function whose text is newer than the migrations', async () => {
  const copy = join(folder, 'functions');
  cpSync('drizzle/functions', copy, { recursive: true });
  const file = join(copy, 'take_number.sql');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"lastSeq" + 1', '"lastSeq" + 2'));
  expect(await check('drizzle/schema.ts', 'migrations', copy)).toEqual({
    code: 1,
    said: expect.stringMatching(/migration:functions.*take_number.*"lastSeq" \+ 2/s),
  });
});
