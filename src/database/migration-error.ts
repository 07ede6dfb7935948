// Why a migration was not done, as a text for the operator.
import { serverText, sqlState, withoutValues } from './errors.ts';

/** The migration was not done, and the database is left as it is. */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

/** What the server said, and what to do about it if a right is missing. */
export function migrationFailure(error: unknown): string {
  const said = serverText(error);
  if (sqlState(error) !== '42501') return said;
  return `${said}: run it as the owner of the database and of its tables, or grant this user CREATE on the database and on its schema public`;
}

/** A takeover that failed midway: what is done stays, and the next run continues from there. `cause` says why. */
export class TakeoverStopped extends Error {
  override name = 'TakeoverStopped';

  constructor(step: string, cause: unknown) {
    const clean = withoutValues(cause);
    const reason = clean instanceof Error ? clean.message : String(clean);
    super(`The takeover stopped (${step}): ${reason}. Nothing is lost: run it again, and it goes on from there`, {
      cause,
    });
  }
}
