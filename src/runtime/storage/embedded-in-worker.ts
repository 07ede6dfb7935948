// Writes the files of a new embedded database in a thread of its own, whose memory goes with it, where the runtime gives
// that back: so no permission to start programs is needed.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { projectRoot } from '../platform/project-root.ts';

/** Resolves when all is written. Rejects with what the thread failed of. */
export function writeInWorker(directory: string): Promise<void> {
  // The source, built or not: runtimes that come here run TypeScript.
  const worker = new Worker(join(projectRoot(), 'src/runtime/storage/embedded-worker.ts'), { workerData: directory });
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (failure: string) => reject(new Error(failure)));
    worker.once('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`its thread ended with ${code}`));
    });
  });
}
