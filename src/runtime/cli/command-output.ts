// What the commands say: on standard output what came of it, on the error output how far they are and why not. Whoever does
// not read it does not hold them up.
import type { Output } from '../../lib/bounded-output.ts';
import { openOutput } from '../platform/output.ts';

/** A reader that is only slow gets everything. */
const FLUSH_MS = 2_000;

export interface CommandOutput {
  say(line: string): void;
  complain(line: string): void;
  /** The error output, for what is drawn there. */
  readonly errors: Output;
  /** Ends the process once everything was read, or whoever should read it does not. */
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
