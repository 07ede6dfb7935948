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

/** What a verified token says; the account behind it may be gone since. */
export interface TokenClaims {
  readonly userId: number;
  /** When the token ends: milliseconds since 1970; Infinity where it says none. */
  readonly expiresAt: number;
}
