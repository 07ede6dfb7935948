// Password hashes: argon2id for new ones, bcrypt for those of the former service until their next login.
import { createFairQueue } from '../../lib/fair-queue.ts';
import { createTimeFloor } from '../../lib/time-floor.ts';
import { ChatError } from '../../protocol/errors.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;
const BCRYPT = /^\$2[aby]\$/;
/** A hash that no password matches. Comparing with it costs as much as with a real one. */
const UNMATCHABLE = `${CURRENT}${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Who a hash is made or verified for, such as an address and an account: see FairQueue. */
export type Askers = readonly string[];

/** A hash that the password matches. */
export interface Match {
  /** Its index in the list of hashes. */
  readonly index: number;
  /** The password should be hashed anew. */
  readonly isOutdated: boolean;
}

/** Passwords are hashed in the form NFC, so that it does not matter how a keyboard composes letters. */
export interface Passwords {
  /** Throws UNAVAILABLE if too many wait, like the other calls. */
  hash(password: string, askers: Askers): Promise<string>;
  /** Like `match`, for one hash. Without a hash, because there is no account, it resolves to false. */
  verify(hash: string | undefined, password: string, askers: Askers): Promise<boolean>;
  /**
   * The hashes that the password matches. After a failure the askers wait behind others. A failure resolves the same
   * time after the work began, whatever the hashes were, so that it does not tell whether there is an account.
   */
  match(hashes: readonly string[], password: string, askers: Askers): Promise<Match[]>;
}

export interface PasswordsOptions {
  readonly places: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** How long a failure takes at least: longer than a bcrypt hash of cost 12. Slower hashes raise it. */
  readonly failureMs: number;
}

const DEFAULTS: PasswordsOptions = {
  // Hashing takes 20 MB and some 30 ms of a thread that file system and name look-ups need as well.
  places: 2,
  maxWaiting: 200,
  maxWaitMs: 8_000,
  failureMs: 500,
};
const LONGEST_FAILURE_MS = 1_500;
/** This node remembers for a while who failed. */
const MEMORY = { memoryMs: 900_000, maxKeys: 10_000 };

export function createPasswords(options: Partial<PasswordsOptions> = {}): Passwords {
  const { places, maxWaiting, maxWaitMs, failureMs } = { ...DEFAULTS, ...options };
  const refusal = () => new ChatError('UNAVAILABLE', 'Too many are signing in at the moment: try again');
  const queue = createFairQueue({ places, maxWaiting, maxWaitMs, refusal, ...MEMORY });
  const floor = createTimeFloor({ atLeastMs: failureMs, atMostMs: LONGEST_FAILURE_MS });

  async function match(hashes: readonly string[], password: string, askers: Askers): Promise<Match[]> {
    let startedAt = 0;
    const matches = await queue.run(askers, async () => {
      startedAt = performance.now();
      return matchAll(hashes, password).finally(() => floor.observe(performance.now() - startedAt));
    });
    if (matches.length > 0) return matches;
    queue.blame(askers);
    // No place of the queue is taken while it waits here.
    await floor.reach(startedAt);
    return [];
  }

  return {
    hash: (password, askers) => queue.run(askers, async () => (await argon2()).hash(password.normalize('NFC'), COST)),
    match,
    async verify(hash, password, askers) {
      return (await match(hash === undefined ? [] : [hash], password, askers)).length > 0;
    },
  };
}

async function matchAll(hashes: readonly string[], password: string): Promise<Match[]> {
  const found: Match[] = [];
  // Without any hash it costs as much as with one.
  for (const [index, hash] of (hashes.length > 0 ? hashes : [UNMATCHABLE]).entries()) {
    const form = await formOf(hash, password);
    if (form !== undefined) found.push({ index, isOutdated: form > 0 || !hash.startsWith(CURRENT) });
  }
  return found;
}

/**
 * The index of the form of the password that matches the hash. The composed form comes first. Hashes of another program
 * may be made of the password as typed, or of its decomposed form.
 */
async function formOf(hash: string, password: string): Promise<number | undefined> {
  const forms = new Set([password.normalize('NFC'), password, password.normalize('NFD')]);
  for (const [index, form] of [...forms].entries()) {
    if (await matches(hash, form)) return index;
  }
  return undefined;
}

async function matches(hash: string, password: string): Promise<boolean> {
  if (BCRYPT.test(hash)) return (await bcrypt()).verify(password, hash);
  // A hash of an unknown kind matches no password either.
  return (await argon2()).verify(hash.startsWith('$argon2id$') ? hash : UNMATCHABLE, password);
}

// Native modules are loaded when first needed, so that a start does not wait for them.
const argon2 = () => import('@node-rs/argon2');
const bcrypt = () => import('@node-rs/bcrypt');
