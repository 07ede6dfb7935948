// What is specific to Deno.
import { inOrder } from '../../lib/bounded-output.ts';
import { writeInWorker } from '../storage/embedded-in-worker.ts';
import { deno } from './deno-api.ts';
import { assertPermissions, settingsPermissions } from './deno-permissions.ts';
import type { FileLock } from './file-lock.ts';
import type { Platform } from './platform.ts';

export const denoPlatform: Platform = {
  name: 'Deno',
  assertAllowed: (config) => assertPermissions(settingsPermissions(config)),
  lockFile,
  writeEmbedded: writeInWorker,
  writer: (descriptor) => inOrder((bytes) => (descriptor === 1 ? deno().stdout : deno().stderr).write(bytes)),
};

/** The same lock as on the other runtimes (flock(2)), without the help of a command. */
function lockFile(path: string): FileLock {
  const file = deno().openSync(path, { read: true, write: true, create: true, mode: 0o600 });
  if (!file.tryLockSync(true)) {
    file.close();
    return { state: 'taken' };
  }
  return {
    state: 'locked',
    describe(text) {
      file.truncateSync();
      file.writeSync(new TextEncoder().encode(text));
    },
    unlock: () => file.close(),
  };
}
