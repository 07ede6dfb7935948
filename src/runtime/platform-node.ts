// What is particular to Node.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { lockFile } from './file-lock.ts';
import { limitHeapGrowth } from './heap-growth.ts';
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

  started() {
    limitHeapGrowth();
    watchYoungGeneration();
  },
};

function lastLine(cause: unknown): string {
  const { stderr, message } = cause as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n').at(-1) ?? '';
}
