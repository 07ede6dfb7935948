// The thread that writes the files of a new embedded database: see embedded-in-worker.ts.
import { workerData } from 'node:worker_threads';
import { openEngine } from '../database/embedded-engine.ts';

const { client } = await openEngine(workerData as string);
await client.close();
