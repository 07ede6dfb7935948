// The one session with the embedded database, which outlives it: where PostgreSQL has aborted, as for want of space on the
// disk, statements fail until it could be opened anew.
import type { PGlite } from '@electric-sql/pglite';
import { type EmbeddedEngine, openEngine } from './embedded-engine.ts';
import type { Statements } from './embedded-line.ts';
import { DatabaseAborted, isUnavailable } from './errors.ts';
import type { DatabaseHelp } from './handle.ts';

/** One plan for each statement of our functions, as in postgres.ts: planning costs more than they do. */
const SESSION = "set time zone 'UTC'; set plan_cache_mode = force_generic_plan";

/** Opening takes half a second in which nothing else is done: not too often. */
const REOPEN_MS = [500, 1_000, 2_000, 5_000, 15_000];
/** A segment of the log that PostgreSQL writes ahead, which it makes whole, and a little. */
const ROOM_TO_REOPEN_BYTES = 20 << 20;
/** One that held for so long begins again with the shortest wait. */
const STABLE_MS = 60_000;

export interface EmbeddedSession extends Statements {
  close(): Promise<void>;
}

export async function openSession(directory: string, { logger, freeBytes }: DatabaseHelp): Promise<EmbeddedSession> {
  let engine: EmbeddedEngine | undefined = await open(directory);
  let openedAt = performance.now();
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /** Gives `run` the engine that works; where there is none, or it aborts meanwhile, the failure is one that may pass. */
  async function use<T>(run: (client: PGlite) => Promise<T>): Promise<T> {
    const used = engine;
    if (closed) throw new Error('PGlite is closed');
    if (!used) throw new DatabaseAborted();
    try {
      return await run(used.client);
    } catch (error) {
      const abort = used.abort();
      if (!abort) throw error;
      onAbort(used, error);
      throw isUnavailable(error) ? error : new DatabaseAborted({ cause: error });
    }
  }

  function onAbort(aborted: EmbeddedEngine, error: unknown): void {
    if (engine !== aborted) return;
    engine = undefined;
    if (performance.now() - openedAt > STABLE_MS) attempts = 0;
    logger?.error(
      { directory, reason: (error as Error).message },
      'the embedded database has aborted: it is opened anew as soon as it can be',
    );
    reopenLater();
  }

  function reopenLater(): void {
    if (closed) return;
    timer = setTimeout(() => void reopen(), REOPEN_MS[Math.min(attempts, REOPEN_MS.length - 1)]);
    attempts += 1;
  }

  async function reopen(): Promise<void> {
    if (freeBytes && (await freeBytes(directory)) < ROOM_TO_REOPEN_BYTES) {
      // Waits for space alone: cheap to ask again.
      attempts = Math.min(attempts, 2);
      return reopenLater();
    }
    try {
      const opened = await open(directory);
      if (closed) return void opened.client.close();
      engine = opened;
      openedAt = performance.now();
      logger?.info({ directory }, 'the embedded database is open again');
    } catch (error) {
      logger?.error({ directory, reason: (error as Error).message }, 'the embedded database cannot be opened yet');
      reopenLater();
    }
  }

  return {
    query: (...given) => use((pglite) => pglite.query(...given)) as never,
    transaction: (work) => use((pglite) => pglite.transaction(work)),
    async close() {
      closed = true;
      clearTimeout(timer);
      if (engine && !engine.abort()) await engine.client.close();
    },
  };
}

async function open(directory: string): Promise<EmbeddedEngine> {
  const engine = await openEngine(directory);
  await engine.client.exec(SESSION);
  return engine;
}
