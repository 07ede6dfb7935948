// What is specific to Bun.
import { write } from 'node:fs';
import { inOrder, type Write } from '../../lib/bounded-output.ts';
import { StartError } from '../start-error.ts';
import { writeInWorker } from '../storage/embedded-in-worker.ts';
import { lockFile } from './file-lock.ts';
import type { Platform } from './platform.ts';

export const bunPlatform: Platform = {
  name: 'Bun',
  assertAllowed: assertBuilt,
  lockFile,
  writeEmbedded: writeInWorker,
  writer,
};

/**
 * The build contains the package `ws`. When running from the source, Bun uses its own instead, whose sockets do not
 * report when they have drained: a slow reader would never get more.
 */
function assertBuilt(): void {
  if (import.meta.url.endsWith('.ts')) {
    throw new StartError('Bun runs the build, not the source: start the service with `bun run start`');
  }
}

/** A thread waits for the reader. (Bun's own stream for a terminal makes the process wait.) */
function writer(descriptor: 1 | 2): Write {
  return inOrder(
    (bytes) =>
      new Promise((resolve, reject) => {
        write(descriptor, bytes, (error, written) => (error ? reject(error) : resolve(written)));
      }),
  );
}
