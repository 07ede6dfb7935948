// The boundary around work for one peer: what fails inside costs that peer alone, and the log has one line about it.

/** What a boundary writes its line with. */
interface Log {
  error(fields: object, message: string): void;
}

/** Ends the peer of some work that failed, with a line in the log. Never throws. */
export type Boundary = (error: unknown, end: () => void) => void;

export function createBoundary(logger: Log): Boundary {
  return (error, end) => {
    logger.error(describeFailure(error), 'Work for a connection failed: the connection is ended');
    try {
      end();
    } catch (another) {
      logger.error(describeFailure(another), 'A connection whose work failed could not be ended');
    }
  };
}

/** Where it failed, without the message: that may quote what the peer sent. */
export function describeFailure(error: unknown): { error: string; at: string[] } {
  if (!(error instanceof Error)) return { error: typeof error, at: [] };
  const { name, message, stack = '' } = error;
  const at = stack
    .replace(message, '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line));
  return { error: name, at: at.map((line) => line.trim()) };
}
