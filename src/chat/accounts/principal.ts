// Who acts: the user that a verified token belongs to.

export interface Principal {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly avatar: string | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** One of ADMIN_EMAILS, or made an admin by the command. */
  readonly isAdmin: boolean;
}

/**
 * Whom a verified token names, as far as that is all that counts. The account may be gone: whoever takes this finds out
 * in the statement that acts, and throws UNAUTHORIZED.
 */
export type Actor = Pick<Principal, 'id'>;

/** A user as presence frames name it: what a connection keeps of its user. */
export type PresentUser = Pick<Principal, 'id' | 'username'>;

/** What a verified token says; the account behind it may be gone since. */
export interface TokenClaims {
  readonly userId: number;
  /** When the token ends: milliseconds since 1970. */
  readonly expiresAt: number;
  /** Of this token alone, whoever issued it: a digest of it, so that it may be stored and published. */
  readonly tokenId: string;
  /** Milliseconds since 1970, in whole seconds, by the clock of who issued it; undefined where it does not say. */
  readonly issuedAt: number | undefined;
  /** How often the user had ended all sessions before; undefined in tokens that the former service issued. */
  readonly generation: number | undefined;
}
