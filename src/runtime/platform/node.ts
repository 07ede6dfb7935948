// What is specific to Node.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { engineFailure } from '../../database/embedded-failure.ts';
import type { Write } from '../../lib/bounded-output.ts';
import { lockFile } from './file-lock.ts';
import type { Platform } from './platform.ts';
import { projectRoot } from './project-root.ts';

const WRITE_EMBEDDED = `
  import { PGlite } from '@electric-sql/pglite';
  try {
    const database = await PGlite.create(process.argv[1]);
    await database.close();
  } catch (error) {
    const { message, errno } = error;
    process.stderr.write('\\n' + JSON.stringify({ message, errno }), () => process.exit(1));
  }
`;
/** Writing takes some seconds. If a system makes it wait for ever, that must be reported. */
const WRITE_WITHIN_MS = 120_000;

export const nodePlatform: Platform = {
  name: 'Node',
  assertAllowed: () => {},
  lockFile,

  /** In a process of its own, because Node does not give back all memory of a worker. */
  async writeEmbedded(directory) {
    const args = ['--input-type=module', '--eval', WRITE_EMBEDDED, directory];
    try {
      await promisify(execFile)(process.execPath, args, {
        cwd: projectRoot(),
        timeout: WRITE_WITHIN_MS,
        killSignal: 'SIGKILL',
      });
    } catch (cause) {
      throw failure(cause);
    }
  },

  writer: (descriptor) => streamWriter(descriptor === 1 ? process.stdout : process.stderr),
};

/** The last output of the process: JSON if the database failed, plain text if the process did. */
function failure(cause: unknown): Error {
  const { stderr, message, killed } = cause as { stderr?: string; message: string; killed?: boolean };
  if (killed) return new Error('nothing came of it within two minutes', { cause });
  const last = (stderr || message).trim().split('\n').at(-1) ?? '';
  try {
    return engineFailure(JSON.parse(last));
  } catch {
    return new Error(last, { cause });
  }
}

/**
 * Pipes and sockets take what they can at once, and the rest waits. A terminal must be set to do so. Node opens its
 * file.
 */
function streamWriter(stream: NodeJS.WriteStream): Write {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(blocking: boolean): unknown } };
  if (stream.isTTY) handle?.setBlocking?.(false);
  // Each write gets the error.
  stream.on('error', () => {});
  return (text) =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
}
