// The acting user, to whom a verified token belongs, and what the token says.

export interface Principal {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly avatar: string | null;
  /** ISO 8601 UTC. */
  readonly createdAt: string;
  /** The email is one of ADMIN_EMAILS, or the command made the user an admin. */
  readonly isAdmin: boolean;
}

/**
 * The user that a verified token names. The account may be gone: code that takes an Actor finds that out in the
 * statement that acts, and throws UNAUTHORIZED.
 */
export type Actor = Pick<Principal, 'id'>;

/** What a connection keeps of its user: what presence frames need. */
export type PresentUser = Pick<Principal, 'id' | 'username'>;

/** What a verified token says. The account may be gone. */
export interface TokenClaims {
  readonly userId: number;
  /** When the token ends: milliseconds since 1970. */
  readonly expiresAt: number;
  /** Identifies this token. It is a digest, so that it may be stored and published. */
  readonly tokenId: string;
  /** Milliseconds since 1970, in whole seconds, by the issuer's clock; undefined if the token does not say. */
  readonly issuedAt: number | undefined;
  /** How often the user had ended all sessions before; undefined in tokens of the former service. */
  readonly generation: number | undefined;
}
