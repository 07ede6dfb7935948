// Runs the migrations, including the takeover of a database that the former service filled.
import type { DatabaseHandle } from '../database/handle.ts';
import { runMigrations } from '../database/migrate.ts';
import type { Report } from '../database/progress.ts';
import { takeOver } from './takeover.ts';

/** Like `runMigrations`. Throws TakeoverStopped if a takeover fails midway: the next run continues from there. */
export function runWithTakeover(handle: DatabaseHandle, folder: string, report?: Report): Promise<string[]> {
  return runMigrations(handle, folder, report, takeOver);
}
