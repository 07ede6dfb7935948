// Installs pinned versions of npm packages that only checks and tests need into folders outside the project.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { env, pid, platform } from 'node:process';

/** The parent of these folders: one for all clones, and for all that is installed in this way. */
export function cacheFolder() {
  return env.CHAT_RUNTIMES || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'chat-service', 'runtimes');
}

/**
 * Whole or not at all, and however many do it at once: the folder gets its name when everything is in it. Throws an error
 * with one line that says why, if that fails.
 *
 * @param {string} folder
 * @param {readonly string[]} packages each with its version
 */
export function installPackages(folder, packages) {
  const draft = `${folder}.${pid}`;
  try {
    mkdirSync(draft, { recursive: true });
    try {
      npmInstall(draft, packages);
      moveInto(draft, folder);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  } catch (cause) {
    const what = packages.length === 1 ? `The npm package ${packages[0]}` : `The npm packages ${packages.join(', ')}`;
    throw new Error(`${what} cannot be installed into ${dirname(folder)}: ${cause.message}`, { cause });
  }
}

function npmInstall(folder, packages) {
  // Without install scripts, which would run the registry's binaries, and copy them once more.
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--loglevel=error'];
  const where = ['--prefix', folder, '--global=false', '--include=optional', '--prefer-offline'];
  const { status, error, stderr } = spawnSync('npm', ['install', ...quiet, ...where, ...packages], {
    cwd: folder,
    encoding: 'utf8',
    shell: platform === 'win32',
  });
  if (error) throw new Error(`npm does not run (${error.message})`);
  if (status !== 0) throw new Error(`npm failed: ${firstLines(stderr)}`);
}

function firstLines(text) {
  const lines = text.split('\n').map((line) => line.replace(/^npm error /, '').trim());
  return lines
    .filter((line) => line && !/complete log of this run/.test(line))
    .slice(0, 3)
    .join('; ');
}

function moveInto(draft, folder) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  }
}
