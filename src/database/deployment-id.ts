// The id of a deployment (all nodes of one database), used above all in Redis.
import { sql } from 'drizzle-orm';
import { type Database, value } from './database.ts';

/** The migration makes it, and a restore keeps it. */
export async function readDeploymentId(db: Database): Promise<string> {
  const id = await value<string>(db, sql`select "id" from deployment`);
  if (id === undefined)
    throw new Error('The table "deployment" has lost its row: put it back with any id that no other deployment has');
  return id;
}
