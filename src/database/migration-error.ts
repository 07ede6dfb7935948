// Why a migration was not done, as a text for the operator.
import { withoutValues } from './errors.ts';

/** A database that is left as it is. */
export class MigrationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MigrationError';
  }
}

/** A takeover that failed on its way: what is done stays, and the next run goes on from there. `cause` says why. */
export class TakeoverStopped extends Error {
  constructor(step: string, cause: unknown) {
    const clean = withoutValues(cause);
    const reason = clean instanceof Error ? clean.message : String(clean);
    super(`The takeover stopped (${step}): ${reason}. Nothing is lost: run it again, and it goes on from there`, {
      cause,
    });
    this.name = 'TakeoverStopped';
  }
}
