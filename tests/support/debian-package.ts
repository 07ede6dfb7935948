// Programs that tests need from the machine: found on PATH, or installed if we may.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface Program {
  /** Any of these will do. The first one is preferred. */
  readonly names: readonly string[];
  /** The Debian package that has the first of the names. */
  readonly packageName: string;
}

/** The path of a program on PATH. As root on Debian and its derivatives, installs it if it is missing. */
export function programPath({ names, packageName }: Program): string {
  let found = names.map(onPath).find(Boolean);
  if (!found && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    install(packageName);
    found = names.map(onPath).find(Boolean);
  }
  if (!found) throw new Error(`The tests need ${names.join(' or ')} on PATH (package ${packageName} of Debian)`);
  return found;
}

function onPath(program: string): string | undefined {
  // Ordinary accounts do not always have the folders of servers on their PATH.
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function install(packageName: string): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Test files run side by side, so another one may be installing already.
  const lock = ['-o', 'DPkg::Lock::Timeout=120'];
  const apt = (...args: string[]) => execFileSync('apt-get', ['-q', ...lock, ...args], { env, stdio: 'pipe' });
  apt('update');
  // Only the program, because the package must not start a service on this machine.
  apt('install', '-y', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', packageName);
}
