// Whose email addresses a user sees: everybody's, or none but one's own.
import { type SQL, sql } from 'drizzle-orm';
import type { OwnUser, User } from '../protocol/resources.ts';
import { toUser, type UserRow } from './rows.ts';

export interface EmailView {
  /** A user as the one with the id `viewer` sees them. */
  toSeenUser(row: UserRow, viewer: number): User;
  /** What a direct channel is called after the other user, of `users u`. */
  readonly directName: SQL;
  directNameOf(other: Pick<OwnUser, 'username' | 'email'>): string;
  /** What it is called where no other is left in it: the name that was stored. */
  storedDirectName(name: string): string;
}

export function createEmailView(isPublic: boolean): EmailView {
  return {
    toSeenUser(row, viewer) {
      const user = toUser(row);
      return isPublic || user.id === viewer ? user : { ...user, email: null };
    },
    directName: isPublic ? sql`u."email"` : sql`u."username"`,
    directNameOf: ({ username, email }) => (isPublic ? email : username),
    // Other programs may have stored the address in it.
    storedDirectName: (name) => (isPublic || !name.includes('@') ? name : ''),
  };
}
