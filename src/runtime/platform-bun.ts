// What is particular to Bun.
import { writeInWorker } from './embedded-in-worker.ts';
import { lockFile } from './file-lock.ts';
import type { Platform } from './platform.ts';
import { StartError } from './start-error.ts';

export const bunPlatform: Platform = {
  name: 'Bun',
  assertAllowed: assertBuilt,
  lockFile,
  writeEmbedded: writeInWorker,
  started: () => {},
};

/**
 * The build has the package `ws` inside. For the source Bun puts its own in place of it, whose sockets do not say when
 * they have drained: a slow reader would never be served on.
 */
function assertBuilt(): void {
  if (import.meta.url.endsWith('.ts')) {
    throw new StartError('Bun runs the build, not the source: start the service with `bun run start`');
  }
}
