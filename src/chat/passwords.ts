// Password hashes: argon2id for all that is new, bcrypt for those of the former service until their next login.
import { createGate } from '../database/gate.ts';
import { ChatError } from '../protocol/errors.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;
const BCRYPT = /^\$2[aby]\$/;
/** No password leads to it; it costs as much to find out as for a real one. */
const NOBODY = `${CURRENT}${'A'.repeat(22)}$${'A'.repeat(43)}`;

export interface Passwords {
  /** Throws UNAVAILABLE where too many wait, like `verify`. */
  hash(password: string): Promise<string>;
  /** Without a hash, where the account does not exist: false, after the time that it takes. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
  /** True where a right password should be hashed anew. */
  needsRehash(hash: string): boolean;
}

// Hashing takes 20 MB and some 30 ms of a thread that file system and name look-ups need as well.
const LINE = { places: 2, maxWaiting: 200, maxWaitMs: 10_000 };

export function createPasswords(line: { places: number; maxWaiting: number; maxWaitMs: number } = LINE): Passwords {
  const refusal = () => new ChatError('UNAVAILABLE', 'Too many are signing in at the moment: try again');
  const gate = createGate({ ...line, refusal });

  return {
    hash: (password) => gate.run(async () => (await argon2()).hash(password, COST)),
    verify: (hash = NOBODY, password) => gate.run(() => matches(hash, password)),
    needsRehash: (hash) => !hash.startsWith(CURRENT),
  };
}

async function matches(hash: string, password: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return (await bcrypt()).verify(password, hash);
  // Of an unknown kind: no password leads to it either.
  return (await argon2()).verify(hash.startsWith('$argon2id$') ? hash : NOBODY, password);
}

// Native modules are loaded when first needed, so that a start does not wait for them.
const argon2 = () => import('@node-rs/argon2');
const bcrypt = () => import('@node-rs/bcrypt');
