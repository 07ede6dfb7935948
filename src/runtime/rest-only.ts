// REST only, as a fetch handler: for platforms with a server of their own and TCP to PostgreSQL and Redis.
import { createSystemClock } from '../backends/clock/system.ts';
import { createTeardown } from '../lib/teardown.ts';
import type { Config } from './config/config.ts';
import { openChat } from './open-chat.ts';
import type { StartOptions } from './service.ts';

export interface RestOnly {
  /** Answers a request. `beside` is what the server passes along with it, for the peer's address. Never rejects. */
  fetch(request: Request, beside?: object): Promise<Response>;
  /** Closes everything. All requests must be answered by then. Never rejects. */
  close(): Promise<void>;
}

/**
 * Opens the database and Redis, and does not listen. What is stored reaches the live connections of nodes that share
 * Redis at once, and of nodes that share only the database within seconds. Throws StartError for problems that a person
 * can solve.
 */
export async function openRestOnly(config: Config, options: StartOptions): Promise<RestOnly> {
  const teardown = createTeardown(options.logger);
  const clock = createSystemClock({ defer: (run) => setTimeout(run, 0) });
  let isStopping = false;
  try {
    const { app } = await openChat(config, { ...options, clock, stopping: () => isStopping, teardown });
    return {
      fetch: async (request, beside) => app.fetch(request, beside),
      close() {
        isStopping = true;
        return teardown.run();
      },
    };
  } catch (error) {
    await teardown.run();
    throw error;
  }
}
