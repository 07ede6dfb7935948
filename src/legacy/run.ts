// The migrations, of a database that the former service may have filled too.
import type { DatabaseHandle } from '../database/handle.ts';
import { runMigrations } from '../database/migrate.ts';
import type { Report } from '../database/progress.ts';
import { takeOver } from './takeover.ts';

/** As `runMigrations`. Throws TakeoverStopped if a takeover fails on its way: the next run goes on. */
export function runWithTakeover(handle: DatabaseHandle, folder: string, report?: Report): Promise<string[]> {
  return runMigrations(handle, folder, report, takeOver);
}
