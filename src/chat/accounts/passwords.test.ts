import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { createPasswords } from './passwords.ts';

const passwords = createPasswords({ failureMs: 1 });

/** For a right password. */
async function isOutdated(hash: string, password: string): Promise<boolean | undefined> {
  return (await passwords.match([hash], password, []))[0]?.isOutdated;
}

describe('hash and verify', () => {
  it('makes argon2id hashes that only their password matches', async () => {
    const hash = await passwords.hash('pässwörd 😀', []);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify(hash, 'pässwörd 😀', [])).toBe(true);
    expect(await passwords.verify(hash, 'passwörd 😀', [])).toBe(false);
    expect(await isOutdated(hash, 'pässwörd 😀')).toBe(false);
  });

  it.each(['2a', '2b', '2y'] as const)(
    'knows bcrypt hashes of the kind %s, and wants them replaced',
    async (version) => {
      const hash = await bcrypt('secret-1', { cost: 4, version });
      expect(hash.startsWith(`$${version}$`)).toBe(true);
      expect(await passwords.verify(hash, 'secret-1', [])).toBe(true);
      expect(await passwords.verify(hash, 'secret-2', [])).toBe(false);
      expect(await isOutdated(hash, 'secret-1')).toBe(true);
    },
  );

  it('wants an argon2id hash of other costs replaced', async () => {
    const hash = await argon2('secret-1', { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    expect(await passwords.verify(hash, 'secret-1', [])).toBe(true);
    expect(await isOutdated(hash, 'secret-1')).toBe(true);
  });

  it.each(['', 'secret-1', '$1$plain$md5', '$2b$', '$2b$10$short'])(
    'matches nothing with the hash %j',
    async (hash) => {
      expect(await passwords.verify(hash, 'secret-1', [])).toBe(false);
    },
  );

  const COMPOSED = 'crème brûlée';
  const DECOMPOSED = COMPOSED.normalize('NFD');

  it('accepts a password in both of its forms', async () => {
    for (const typed of [COMPOSED, DECOMPOSED]) {
      const hash = await passwords.hash(typed, []);
      expect(await isOutdated(hash, COMPOSED)).toBe(false);
      expect(await isOutdated(hash, DECOMPOSED)).toBe(false);
      expect(await passwords.verify(hash, 'creme brulee', [])).toBe(false);
    }
  });

  it.each([
    ['composed', COMPOSED],
    ['decomposed', DECOMPOSED],
    ['partly composed', `crème brûlée`.replace('è', 'e\u0300')],
  ])('accepts a hash that another program made of the %s form', async (_form, typed) => {
    for (const hash of [await bcrypt(typed, { cost: 4 }), await argon2(typed, { memoryCost: 19_456, timeCost: 2 })]) {
      expect(await passwords.verify(hash, typed, [])).toBe(true);
      if (typed === DECOMPOSED) expect(await isOutdated(hash, COMPOSED)).toBe(true);
    }
    const own = await argon2(typed, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
    expect(await isOutdated(own, typed)).toBe(typed !== COMPOSED);
  });

  it('says which of several hashes it matches', async () => {
    const [one, other] = [await passwords.hash('secret-1', []), await bcrypt('secret-2', { cost: 4 })];
    const match = (password: string) => passwords.match([one, other, one], password, []);
    expect((await match('secret-1')).map(({ index }) => index)).toEqual([0, 2]);
    expect((await match('secret-2')).map(({ index }) => index)).toEqual([1]);
    expect(await match('secret-3')).toEqual([]);
  });

  it('matches nothing if there is no account', async () => {
    expect(await passwords.verify(undefined, 'secret-1', [])).toBe(false);
  });
});

describe('a failure', () => {
  const UNKNOWN = undefined;

  it('takes the same minimum time whatever the hash; a success is faster', async () => {
    const failureMs = 700;
    const { verify } = createPasswords({ failureMs });
    const argon2id = await passwords.hash('secret-1', []);
    const hashes = [UNKNOWN, argon2id, await bcrypt('secret-1', { cost: 4 }), 'none'];
    // One after the other, so that none waits in the queue.
    for (const hash of hashes)
      expect(await timeOf(() => verify(hash, 'secret-2', []))).toBeGreaterThanOrEqual(failureMs);
    const successes: number[] = [];
    for (let n = 0; n < 5; n++) successes.push(await timeOf(() => verify(argon2id, 'secret-1', []), true));
    expect(Math.min(...successes)).toBeLessThan(failureMs);
  });

  it('takes longer for all kinds of hashes if those of one kind do', async () => {
    const { verify } = createPasswords({ failureMs: 1 });
    const slow = await bcrypt('secret-1', { cost: 11 });
    const works: number[] = [];
    for (let n = 0; n < 3; n++) works.push(await timeOf(() => verify(slow, 'secret-1', []), true));
    const atLeast = Math.min(...works);
    for (const hash of [UNKNOWN, await passwords.hash('secret-1', []), slow]) {
      expect(await timeOf(() => verify(hash, 'secret-2', []))).toBeGreaterThan(atLeast);
    }
  });

  it('takes no place in the queue while it waits', async () => {
    const { verify, hash } = createPasswords({ places: 1, failureMs: 1500 });
    const told: string[] = [];
    const failure = verify(UNKNOWN, 'secret-2', []).then(() => told.push('failure'));
    await hash('secret-1', []).then(() => told.push('hash'));
    await failure;
    expect(told).toEqual(['hash', 'failure']);
  });
});

describe('a crowd that fails', () => {
  it('keeps out nobody else', async () => {
    const { verify } = createPasswords({ places: 2, failureMs: 1 });
    const hash = await bcrypt('secret-1', { cost: 4 });
    let failed = 0;
    const crowd = Array.from({ length: 250 }, (_, n) =>
      verify(hash, 'wrong', ['address of the crowd', `account ${n}`]).then(
        () => (failed += 1),
        (error: unknown) => expect(error).toMatchObject({ code: 'UNAVAILABLE' }),
      ),
    );
    const honest = Array.from({ length: 20 }, (_, n) => verify(hash, 'secret-1', [`address ${n}`, `mine ${n}`]));
    expect(await Promise.all(honest)).toEqual(Array(20).fill(true));
    expect(failed).toBeLessThan(50);
    await Promise.all(crowd);
    expect(failed).toBeGreaterThan(150);
  });
});

it('refuses at once if too many wait, and serves those who do', async () => {
  const small = createPasswords({ places: 1, maxWaiting: 1, maxWaitMs: 60_000 });
  const served = [small.hash('secret-1', []), small.hash('secret-1', [])];
  await expect(small.hash('secret-1', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await Promise.all(served)).toHaveLength(2);
});

async function timeOf(work: () => Promise<boolean>, right = false): Promise<number> {
  const start = performance.now();
  expect(await work()).toBe(right);
  return performance.now() - start;
}
