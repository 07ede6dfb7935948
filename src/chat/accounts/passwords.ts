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

export interface Passwords {
  /** Throws UNAVAILABLE where too many wait, like `verify`. */
  hash(password: string, askers: Askers): Promise<string>;
  /**
   * Without a hash, where the account does not exist: false. After a failure the askers wait behind others, and it is told
   * after the same time, counted from when the work began, whatever the hash was.
   */
  verify(hash: string | undefined, password: string, askers: Askers): Promise<boolean>;
  /** True where a right password should be hashed anew. */
  needsRehash(hash: string): boolean;
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

  return {
    hash: (password, askers) => queue.run(askers, async () => (await argon2()).hash(password, COST)),
    async verify(hash = NOBODY, password, askers) {
      let startedAt = 0;
      const right = await queue.run(askers, async () => {
        startedAt = performance.now();
        return matches(hash, password).finally(() => floor.observe(performance.now() - startedAt));
      });
      if (right) return true;
      queue.blame(askers);
      // Here nobody's place is taken any more.
      await floor.reach(startedAt);
      return false;
    },
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
