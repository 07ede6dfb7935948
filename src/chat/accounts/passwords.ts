// Password hashes: argon2id for all that is new, bcrypt for those of the former service until their next login.
import { createFairQueue } from '../../lib/fair-queue.ts';
import { createTimeFloor } from '../../lib/time-floor.ts';
import { ChatError } from '../../protocol/errors.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CURRENT = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$`;
const BCRYPT = /^\$2[aby]\$/;
/** No password leads to it; it costs as much to find out as for a real one. */
const NOBODY = `${CURRENT}${'A'.repeat(22)}$${'A'.repeat(43)}`;

/** Whom a hash is made or verified for, such as an address and an account: see FairQueue. */
export type Askers = readonly string[];

/** A hash that a password leads to. */
export interface Match {
  /** Its place among those that were tried. */
  readonly index: number;
  /** The password should be hashed anew. */
  readonly isOutdated: boolean;
}

/** Passwords are hashed in the form NFC: how a keyboard composes its letters makes no other one of them. */
export interface Passwords {
  /** Throws UNAVAILABLE where too many wait, like the others. */
  hash(password: string, askers: Askers): Promise<string>;
  /** Without a hash, where the account does not exist: false. Otherwise like `match`. */
  verify(hash: string | undefined, password: string, askers: Askers): Promise<boolean>;
  /**
   * Which of these hashes it leads to; none where there are none. After a failure the askers wait behind others, and it is told
   * after the same time, counted from when the work began, whatever the hashes were.
   */
  match(hashes: readonly string[], password: string, askers: Askers): Promise<Match[]>;
}

export interface PasswordsOptions {
  readonly places: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  /** A failure is told no sooner: more than a bcrypt hash of the cost 12 takes. Slower ones raise it by themselves. */
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
/** Who failed is remembered for a while, on this node. */
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
    // Here nobody's place is taken any more.
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
  // Without one it costs as much.
  for (const [index, hash] of (hashes.length > 0 ? hashes : [NOBODY]).entries()) {
    const form = await formOf(hash, password);
    if (form !== undefined) found.push({ index, isOutdated: form > 0 || !hash.startsWith(CURRENT) });
  }
  return found;
}

/**
 * Which of its forms leads to the hash. After the composed one those that a hash may be made of that was not made here: as it
 * was typed, then as the other keyboard types it.
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
  // Of an unknown kind: no password leads to it either.
  return (await argon2()).verify(hash.startsWith('$argon2id$') ? hash : NOBODY, password);
}

// Native modules are loaded when first needed, so that a start does not wait for them.
const argon2 = () => import('@node-rs/argon2');
const bcrypt = () => import('@node-rs/bcrypt');
