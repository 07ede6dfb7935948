// Whose email addresses a user sees: everybody's, or only their own.
import { type SQL, sql } from 'drizzle-orm';
import type { OwnUser, User } from '../protocol/resources.ts';
import { toUser, type UserRow } from './rows.ts';

export interface EmailView {
  /** A user as the user with the id `viewer` sees them. */
  toVisibleUser(row: UserRow, viewer: number): User;
  /** The name of a direct channel after the other user, from `users u`. */
  readonly directName: SQL;
  directNameOf(other: Pick<OwnUser, 'username' | 'email'>): string;
  /** The name of a direct channel in which no other user is left, made from the stored name. */
  storedDirectName(name: string): string;
}

export function createEmailView(isPublic: boolean): EmailView {
  return {
    toVisibleUser(row, viewer) {
      const user = toUser(row);
      return isPublic || user.id === viewer ? user : { ...user, email: null };
    },
    directName: isPublic ? sql`u."email"` : sql`u."username"`,
    directNameOf: ({ username, email }) => (isPublic ? email : username),
    // Other programs may have stored an email address as the name.
    storedDirectName: (name) => (isPublic || !name.includes('@') ? name : ''),
  };
}
