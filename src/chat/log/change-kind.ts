// A kind of change that is made by `change_messages`: what it is called in SQL, and how others hear of it.
import type { Change } from './define-change.ts';
import type { StoredMessage } from './event.ts';

/** `Given` is what the SQL function gets; `Detail` is what it returns of each change. */
export interface ChangeKind<Given extends object = object, Detail = unknown> {
  /** Its name in drizzle/functions/apply_changes.sql, which says how a kind is added. */
  readonly name: string;
  readonly change: Change;
  /** Data of the change's live form: of the message after it, and the details of all changes that became this event. */
  readonly live?: (message: StoredMessage, details: readonly Detail[]) => object;
  /** Only for the compiler. */
  readonly given?: Given;
}

export function defineKind<Given extends object, Detail = null>(
  kind: ChangeKind<Given, Detail>,
): ChangeKind<Given, Detail> {
  return kind;
}
