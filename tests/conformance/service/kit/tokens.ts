// Access tokens as anybody who knows the secret can make them, good and bad.
import { createHmac } from 'node:crypto';
import { SECRET } from '../../../support/service-under-test.ts';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

const DIGESTS: Record<string, string> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

export function signToken(claims: object, { secret = SECRET, alg = 'HS256' } = {}): string {
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode(claims)}`;
  const digest = DIGESTS[alg];
  return `${signed}.${digest ? createHmac(digest, secret).update(signed).digest('base64url') : ''}`;
}

/** What a token says, unverified. */
export function tokenClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

/** A token for this user that ends in so many seconds (before now where negative). */
export function tokenFor(user: { id: number; email: string; username: string }, seconds = 3600): string {
  const now = Math.floor(Date.now() / 1000);
  return signToken({ userId: user.id, email: user.email, username: user.username, iat: now - 60, exp: now + seconds });
}
