// The signature of access tokens, by the platform's own cryptography and a key that is made once, and what they are told
// apart by.
import { createHash, createHmac, createSecretKey } from 'node:crypto';
import type { Digest, Signature } from '../../chat/accounts/tokens.ts';

export function createSignature(secret: string): Signature {
  const key = createSecretKey(secret, 'utf8');
  return (text) => createHmac('sha256', key).update(text).digest('base64url');
}

export const digest: Digest = (text) => createHash('sha256').update(text).digest('base64url');
