// The public tools that read the published document: installed if missing, run as their users run them.
import { execFile } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ToolsName, toolsFolder } from '../../scripts/openapi-tools.mjs';
import { temporaryDirectory } from './server-process.ts';

const run = promisify(execFile);
/** Otherwise they would send statistics to their makers, and look for newer versions. */
const QUIET = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1', CI: 'true' };

/** Rejects with a line that says why, if they cannot be installed. Another process does it, because it takes a while. */
export async function installTools(name: ToolsName): Promise<string> {
  try {
    await run(process.execPath, ['scripts/openapi-tools.mjs', name]);
  } catch (error) {
    throw new Error((error as { stderr?: string }).stderr?.trim() || String(error));
  }
  return toolsFolder(name);
}

export interface ToolRun {
  /** Exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Node script in a folder. Resolves whatever its exit code is. */
export async function runScript(script: string, args: readonly string[], cwd: string): Promise<ToolRun> {
  try {
    const env = { ...process.env, ...QUIET };
    return { code: 0, ...(await run(process.execPath, [script, ...args], { cwd, env, maxBuffer: 32 * 1024 * 1024 })) };
  } catch (error) {
    const { code, stdout = '', stderr = String(error) } = error as Partial<ToolRun>;
    return { code: typeof code === 'number' ? code : 1, stdout, stderr };
  }
}

/** An empty folder that can use the packages of these tools, for what they read and create. */
export async function toolsWorkplace(name: ToolsName): Promise<string> {
  const installed = await installTools(name);
  const folder = temporaryDirectory('openapi');
  symlinkSync(join(installed, 'node_modules'), join(folder, 'node_modules'), 'junction');
  return folder;
}
