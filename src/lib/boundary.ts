// The boundary around work for one peer: a failure inside costs only that peer, and writes one line to the log.
import type { Logger } from './logger.ts';

/** Ends the peer whose work failed, and logs one line. Never throws. */
export type Boundary = (error: unknown, end: () => void) => void;

export function createBoundary(logger: Pick<Logger, 'error'>): Boundary {
  return (error, end) => {
    logger.error(describeFailure(error), 'Work for a connection failed: the connection is ended');
    try {
      end();
    } catch (another) {
      logger.error(describeFailure(another), 'A connection whose work failed could not be ended');
    }
  };
}

/** Where it failed. Leaves out the message, because that may quote what the peer sent. */
export function describeFailure(error: unknown): { error: string; at: string[] } {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const { name, message, stack = '' } = error;
  const at = stack
    .replace(message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { error: name, at: at.map((line) => line.trim()) };
}
