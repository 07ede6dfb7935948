// What is particular to Bun.
import { writeInWorker } from './embedded-in-worker.ts';
import { lockFile } from './file-lock.ts';
import type { Platform } from './platform.ts';

export const bunPlatform: Platform = {
  name: 'Bun',
  assertAllowed: () => {},
  lockFile,
  writeEmbedded: writeInWorker,
  started: () => {},
};
