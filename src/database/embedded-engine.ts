// Opens PGlite so that it fails if the PostgreSQL inside it has aborted. By itself it would try for ever in one turn of
// the event loop, and the process would neither answer nor receive a signal.
import { PGlite } from '@electric-sql/pglite';
import { engineFailure } from './embedded-failure.ts';

export interface EmbeddedEngine {
  readonly client: PGlite;
  /** Why it can never be used again. Undefined as long as it can. */
  abort(): Error | undefined;
}

/** The functions of the compiled server that PGlite's loop over a message calls. */
interface Server {
  _PostgresMainLoopOnce(): void;
  stackRestore(stack: unknown): void;
  _PostgresSendReadyForQueryIfNecessary(): void;
  _pgl_pq_flush(): void;
}

/** Opens the database of a folder, or creates one. If that fails, rejects with an Error that has a message. */
export async function openEngine(directory: string): Promise<EmbeddedEngine> {
  let aborted: Error | undefined;
  let guarded: unknown;
  const client = new PGlite(directory);
  const exec = client.execProtocolRawSync.bind(client);
  // An own property precedes the method, so this also covers the messages of the opening itself.
  client.execProtocolRawSync = (message) => {
    if (aborted) throw aborted;
    const server = client.Module as unknown as Server;
    if (guarded !== server) {
      guarded = server;
      endLoopOnAbort(server, longJumpOf(client), (error) => {
        aborted = error;
      });
    }
    return exec(message);
  };
  try {
    await client.waitReady;
  } catch (error) {
    throw aborted ?? engineFailure(error);
  }
  return { client, abort: () => aborted };
}

/**
 * PGlite calls the server until a message is consumed, and goes on after every exception except the server's own jumps.
 * Here the first other exception is noted, and nothing of the server runs after it. The loop ends at its second
 * exception, not at the first, so that the server's last text (`PANIC: … No space left on device`) still gets out.
 */
function endLoopOnAbort(server: Server, longJump: number, onAbort: (error: Error) => void): void {
  const { _PostgresMainLoopOnce, stackRestore, _PostgresSendReadyForQueryIfNecessary, _pgl_pq_flush } = server;
  let aborted: Error | undefined;
  let exceptions = 0;

  server._PostgresMainLoopOnce = () => {
    if (aborted) throw aborted;
    try {
      _PostgresMainLoopOnce();
    } catch (error) {
      if ((error as { status?: unknown }).status !== longJump) {
        aborted = engineFailure(error);
        onAbort(aborted);
      }
      throw error;
    }
  };
  server.stackRestore = (stack) => {
    if (aborted && exceptions++ > 0) throw aborted;
    stackRestore(stack);
  };
  server._PostgresSendReadyForQueryIfNecessary = () => {
    if (!aborted) _PostgresSendReadyForQueryIfNecessary();
  };
  server._pgl_pq_flush = () => {
    if (!aborted) _pgl_pq_flush();
  };
}

/** The status of the exceptions that are the server's own jumps. */
function longJumpOf(client: PGlite): number {
  return (client as unknown as { POSTGRES_MAIN_LONGJMP: number }).POSTGRES_MAIN_LONGJMP;
}
