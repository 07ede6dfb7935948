// What is particular to Node.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { lockFile } from './file-lock.ts';
import type { Platform } from './platform.ts';
import { projectRoot } from './project-root.ts';
import { watchYoungGeneration } from './young-generation.ts';

const WRITE_EMBEDDED = `
  import { PGlite } from '@electric-sql/pglite';
  const database = await PGlite.create(process.argv[1]);
  await database.close();
`;

export const nodePlatform: Platform = {
  name: 'Node',
  assertAllowed: () => {},
  lockFile,

  /** In a process of its own: Node does not give back all that a worker takes. */
  async writeEmbedded(directory) {
    const args = ['--input-type=module', '--eval', WRITE_EMBEDDED, directory];
    try {
      await promisify(execFile)(process.execPath, args, { cwd: projectRoot() });
    } catch (cause) {
      throw new Error(lastLine(cause), { cause });
    }
  },

  /**
   * The heap is collected when it has grown by a fifth. V8's own measure lets it grow several times over, and what
   * thousands of handshakes leave behind stays for as long as their connections are idle. Not before the start, which
   * leaves much.
   */
  started() {
    setFlagsFromString('--heap-growing-percent=20');
    watchYoungGeneration();
  },
};

function lastLine(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}
