// Who acts: the user that a verified token belongs to.

export interface Principal {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly avatar: string | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** One of ADMIN_EMAILS. */
  readonly isAdmin: boolean;
}

/**
 * Whom a verified token names, as far as that is all that counts. The account may be gone: whoever takes this finds out
 * in the statement that acts, and throws UNAUTHORIZED.
 */
export type Actor = Pick<Principal, 'id'>;

/** What a verified token says; the account behind it may be gone since. */
export interface TokenClaims {
  readonly userId: number;
  /** When the token ends: milliseconds since 1970; Infinity where it says none. */
  readonly expiresAt: number;
}
