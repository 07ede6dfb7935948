// Writes the files of a new embedded database in a worker thread, if the runtime gives back its memory. So it needs no
// permission to start programs.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { projectRoot } from '../platform/project-root.ts';

/** Resolves when all is written. Rejects with the thread's failure. */
export function writeInWorker(directory: string): Promise<void> {
  // Always the source, because the runtimes that use this run TypeScript.
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
