// The first migrations, as a folder of their own: the schema of an earlier version.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { MIGRATIONS } from './migrations.ts';

/** Until the end of the test. */
export function firstMigrations(count: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-first-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  cpSync(MIGRATIONS, folder, { recursive: true });
  const journal = join(folder, 'meta/_journal.json');
  const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8'));
  writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, count) }));
  return folder;
}

/** Those before the migration with this name. */
export function migrationsBefore(name: string): string {
  const { entries } = JSON.parse(readFileSync(join(MIGRATIONS, 'meta/_journal.json'), 'utf8'));
  return firstMigrations(entries.findIndex(({ tag }: { tag: string }) => tag.endsWith(`_${name}`)));
}
