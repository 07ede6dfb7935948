// The runtimes that the service runs on, and how each starts it: as the README says, for any folder.
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type RuntimeName, runtimePath } from '../../scripts/runtime.mjs';
import { denoTask } from './deno-tasks.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** `node` is the one that runs the tests. The others have pinned versions. */
export type Runtime = 'node' | RuntimeName;

export interface CommandLine {
  readonly file: string;
  readonly args: readonly string[];
}

/**
 * Installs those that are missing with `scripts/runtime.mjs`, so that only tests that need a runtime pay for it, and
 * only once. If that fails, rejects with a line that says why, because a test without its runtime has not passed.
 */
export async function installRuntimes(runtimes: readonly Runtime[]): Promise<void> {
  const names = [...new Set(runtimes)].filter((runtime) => runtime !== 'node');
  if (names.length === 0) return;
  try {
    await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/runtime.mjs'), 'install', ...names]);
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.trim() || String(error));
  }
}

/** How the service is started on an installed runtime, after the module `preload`, if any. */
export function serviceCommand(runtime: Runtime, preload?: string): CommandLine {
  const file = runtime === 'node' ? process.execPath : runtimePath(runtime);
  const { command, flag, script } = launch(runtime);
  return { file, args: [...command, ...(preload === undefined ? [] : [flag, preload]), script] };
}

interface Launch {
  readonly command: readonly string[];
  /** The option that loads a module before the script. */
  readonly flag: string;
  readonly script: string;
}

/** Built by the setup of the tests. */
const BUILT = join(ROOT, 'dist/main.js');

function launch(runtime: Runtime): Launch {
  if (runtime === 'deno')
    return { command: denoCommand(), flag: '--preload', script: join(ROOT, 'src/runtime/deno.ts') };
  // As in bunfig.toml in the project's own folder.
  if (runtime === 'bun') return { command: ['--no-env-file'], flag: '--preload', script: BUILT };
  return { command: ['--enable-source-maps'], flag: '--import', script: BUILT };
}

/** The command of `deno task start`, with the same permissions. Data may also be in folders for temporary files. */
function denoCommand(): string[] {
  const [, ...words] = denoTask('start').split(' ').slice(0, -1);
  return words
    .map((word) => word.replace(/(?<=[=,])\.(?=[/,]|$)/g, ROOT))
    .map((word) => (/^--allow-(?:read|write)=/.test(word) ? `${word},${tmpdir()}` : word));
}
