// PostgreSQL inside this process: PGlite with its files in a folder, one session, one statement at a time.
import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import * as schema from '../../drizzle/schema.ts';
import { inLine, type Statements } from './embedded-line.ts';
import { openSession } from './embedded-session.ts';
import type { DatabaseHandle, DatabaseHelp } from './handle.ts';

export async function connectEmbedded(directory: string, help: DatabaseHelp): Promise<DatabaseHandle> {
  const session = await openSession(directory, help);
  const { query, transaction } = session;
  const over = (client: Statements) => drizzle({ client: client as PGlite, schema });
  const ping = async () => void (await query('select 1'));
  return {
    db: over(inLine(session)),
    kind: 'embedded',
    ping,
    speak: () => {},
    check: ping,
    dedicated: (work) => work(over({ query, transaction })),
    close: session.close,
  };
}
