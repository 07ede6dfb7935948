// Checks the number from which a client wants to read on.
import { invalid } from '../../protocol/errors.ts';

/** Throws VALIDATION_FAILED if the log does not reach that far. */
export function checkSince(since: number | undefined, head: number): void {
  if (since !== undefined && since > head) throw invalid('since', `is beyond the end of the log, which is ${head}`);
}
