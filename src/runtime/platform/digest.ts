// Digests of tokens and addresses, by the platform's own cryptography, which answers at once.
import { createHash } from 'node:crypto';
import type { Digest } from '../../chat/accounts/tokens.ts';

export const digest: Digest = (text) => createHash('sha256').update(text).digest('base64url');
