// Builds indexes beside writers, which takes longer but holds nobody up. What is left of an interrupted build is
// useless, so it is dropped first.
import { sql } from 'drizzle-orm';
import { type Database, rows } from './database.ts';
import type { Progress } from './progress.ts';
import { retryLocks, type Step } from './short-lock.ts';

export interface Index {
  readonly table: string;
  readonly name: string;
  readonly unique?: true;
  /** The text after `ON table`. */
  readonly on: string;
}

type IndexFacts = { valid: boolean; constraint: boolean };

/** Undefined if there is no index of this name. */
export async function indexFacts(db: Database, name: string): Promise<IndexFacts | undefined> {
  const [facts] = await rows<IndexFacts>(
    db,
    sql`select indisvalid as "valid", exists (select from pg_constraint where conindid = indexrelid) as "constraint"
      from pg_index where indexrelid = to_regclass(quote_ident(${name}::text))`,
  );
  return facts;
}

const LOOK_MS = 1000;

/** `watcher` is another session of the same database. It reads how far the build is. */
export function buildIndex(step: Step, watcher: Database, index: Index): Promise<void> {
  return retryLocks(step, () => build(step, watcher, index));
}

async function build(step: Step, watcher: Database, index: Index): Promise<void> {
  const facts = await indexFacts(step.db, index.name);
  if (facts?.valid) return;
  if (facts) await step.db.execute(sql.raw(`drop index concurrently if exists "${index.name}"`));
  const unique = index.unique ? 'unique ' : '';
  const stop = watch(step, watcher);
  try {
    await step.db.execute(sql.raw(`create ${unique}index concurrently "${index.name}" on ${index.table} ${index.on}`));
  } finally {
    stop();
  }
}

type Build = { phase: string; done: number; total: number; blocker: number | null };

/** Reports until the returned function is called. */
function watch({ report, step }: Step, db: Database): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const look = async () => {
    const [build] = await rows<Build>(
      db,
      sql`select phase, blocks_done::int as "done", blocks_total::int as "total",
          nullif(current_locker_pid, 0)::int as "blocker"
        from pg_stat_progress_create_index where datname = current_database()`,
    );
    if (build) report(progressOf(step, build));
  };
  const again = () => {
    // The report is optional: if it fails, the build goes on, and if the build fails too, that says why.
    timer = setTimeout(() => void look().then(again, () => {}), LOOK_MS);
  };
  again();
  return () => clearTimeout(timer);
}

function progressOf(step: string, { phase, done, total, blocker }: Build): Progress {
  if (phase.startsWith('waiting') && blocker !== null)
    return { step, waiting: `a transaction that was open before (process ${blocker} in the server)` };
  return total > 0 ? { step, done, total, unit: 'blocks' } : { step };
}
