// The output of commands: the result on standard output, progress and failures on the error output. A reader who does
// not read it does not hold them up.
import { openOutput } from '../platform/output.ts';

/** Long enough for a slow reader to get everything. */
const FLUSH_MS = 2_000;

export function openCommandOutput() {
  const [output, errors] = [openOutput(1), openOutput(2)];
  return {
    say: (line: string) => output.write(`${line}\n`),
    complain: (line: string) => errors.write(`${line}\n`),
    /** The error output, for progress bars. */
    errors,
    /** Ends the process once everything was read, or after a reader has not read for too long. */
    async end(code: number): Promise<never> {
      await Promise.all([output.flush(FLUSH_MS), errors.flush(FLUSH_MS)]);
      process.exit(code);
    },
  };
}
