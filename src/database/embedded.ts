// PostgreSQL inside this process: PGlite with its files in a folder, one session, one statement at a time.
import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import * as schema from '../../drizzle/schema.ts';
import type { DatabaseHandle } from './connect.ts';
import { inLine } from './embedded-line.ts';

export async function connectEmbedded(directory: string): Promise<DatabaseHandle> {
  const client = await PGlite.create(directory);
  // One plan for each statement of our functions, as in postgres.ts: planning costs more than they do.
  await client.exec("set time zone 'UTC'; set plan_cache_mode = force_generic_plan");
  const db = drizzle({ client: inLine(client) as PGlite, schema });
  return {
    db,
    kind: 'embedded',
    ping: async () => {
      await client.query('select 1');
    },
    dedicated: (work) => work(drizzle({ client, schema })),
    close: () => client.close(),
  };
}
