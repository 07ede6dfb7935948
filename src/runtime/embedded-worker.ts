// The thread that writes the files of a new embedded database: see embedded-in-worker.ts.
import { workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

const database = await PGlite.create(workerData as string);
await database.close();
