// The thread that writes the files of a new embedded database: see embedded-in-worker.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { openEngine } from '../../database/embedded-engine.ts';

try {
  const { client } = await openEngine(workerData as string);
  await client.close();
} catch (error) {
  // Not thrown, because some runtimes would also print it.
  parentPort?.postMessage((error as Error).message);
}
