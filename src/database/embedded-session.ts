// The one session with the embedded database. It survives an abort of PostgreSQL (if the disk is full, for example):
// statements fail until the database is open again.
import type { PGlite } from '@electric-sql/pglite';
import { type EmbeddedEngine, openEngine } from './embedded-engine.ts';
import type { Statements } from './embedded-line.ts';
import { DatabaseAborted, isUnavailable } from './errors.ts';
import type { DatabaseHelp } from './handle.ts';

/** One plan for each statement of our functions, as in postgres.ts, because planning costs more than running them. */
const SESSION = "set time zone 'UTC'; set plan_cache_mode = force_generic_plan";

/** Opening takes half a second in which nothing else is done, so it must not happen too often. */
const REOPEN_MS = [500, 1_000, 2_000, 5_000, 15_000];
/** PostgreSQL creates a whole segment of its write-ahead log. This is one segment and a little more. */
const ROOM_TO_REOPEN_BYTES = 20 << 20;
/** A session that lasted this long begins again with the shortest wait. */
const STABLE_MS = 60_000;

type Session = Statements & { close(): Promise<void> };

export async function openSession(directory: string, { logger, freeBytes }: DatabaseHelp): Promise<Session> {
  let engine: EmbeddedEngine | undefined = await open(directory);
  let openedAt = performance.now();
  let attempts = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  /**
   * Calls `run` with the working engine. If there is none, or it aborts meanwhile, the failure is one that may pass.
   */
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
      // It only waits for space, and that is cheap to ask again.
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
