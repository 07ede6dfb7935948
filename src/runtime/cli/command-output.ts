// The output of commands: the result on standard output, progress and failures on the error output. A reader who does
// not read it does not hold them up.
import type { Output } from '../../lib/bounded-output.ts';
import { openOutput } from '../platform/output.ts';

/** Long enough for a slow reader to get everything. */
const FLUSH_MS = 2_000;

export interface CommandOutput {
  say(line: string): void;
  complain(line: string): void;
  /** The error output, for progress bars. */
  readonly errors: Output;
  /** Ends the process once everything was read, or after a reader has not read for too long. */
  end(code: number): Promise<never>;
}

export function openCommandOutput(): CommandOutput {
  const [output, errors] = [openOutput(1), openOutput(2)];
  return {
    say: (line) => output.write(`${line}\n`),
    complain: (line) => errors.write(`${line}\n`),
    errors,
    async end(code) {
      await Promise.all([output.flush(FLUSH_MS), errors.flush(FLUSH_MS)]);
      process.exit(code);
    },
  };
}
