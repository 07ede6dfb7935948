// What the deployment of a database is called, in Redis above all: all nodes of one database, and no others.
import { sql } from 'drizzle-orm';
import { type Database, rows } from './database.ts';

/** Made by the migration, kept by a restore. */
export async function readDeploymentId(db: Database): Promise<string> {
  const [row] = await rows<{ id: string }>(db, sql`select "id" from deployment`);
  if (!row)
    throw new Error('The table "deployment" has lost its row: put it back with any id that no other deployment has');
  return row.id;
}
