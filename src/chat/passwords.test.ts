import { hash as argon2 } from '@node-rs/argon2';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { describe, expect, it } from 'vitest';
import { createPasswords } from './passwords.ts';

const passwords = createPasswords({ failureMs: 1 });

describe('hash and verify', () => {
  it('makes argon2id hashes that only their password matches', async () => {
    const hash = await passwords.hash('pässwörd 😀', []);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwords.verify(hash, 'pässwörd 😀', [])).toBe(true);
    expect(await passwords.verify(hash, 'passwörd 😀', [])).toBe(false);
    expect(passwords.needsRehash(hash)).toBe(false);
  });

  it.each(['2a', '2b', '2y'] as const)(
    'knows bcrypt hashes of the kind %s, and wants them replaced',
    async (version) => {
      const hash = await bcrypt('secret-1', { cost: 4, version });
      expect(hash.startsWith(`$${version}$`)).toBe(true);
      expect(await passwords.verify(hash, 'secret-1', [])).toBe(true);
      expect(await passwords.verify(hash, 'secret-2', [])).toBe(false);
      expect(passwords.needsRehash(hash)).toBe(true);
    },
  );

  it('wants an argon2id hash of other costs replaced', async () => {
    const hash = await argon2('secret-1', { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    expect(await passwords.verify(hash, 'secret-1', [])).toBe(true);
    expect(passwords.needsRehash(hash)).toBe(true);
  });

  it.each(['', 'secret-1', '$1$plain$md5', '$2b$', '$2b$10$short'])(
    'matches nothing with the hash %j',
    async (hash) => {
      expect(await passwords.verify(hash, 'secret-1', [])).toBe(false);
    },
  );

  it('spends the work of a real verification where there is no account', async () => {
    const hash = await passwords.hash('secret-1', []);
    const unknown: number[] = [];
    const known: number[] = [];
    for (let run = 0; run < 9; run += 1) {
      unknown.push(await timeOf(() => passwords.verify(undefined, 'secret-2', [])));
      known.push(await timeOf(() => passwords.verify(hash, 'secret-2', [])));
    }
    // Far apart only where one of them does no work at all.
    expect(median(unknown) / median(known)).toBeGreaterThan(0.2);
    expect(median(unknown) / median(known)).toBeLessThan(5);
  });
});

it('refuses at once where too many wait, and serves those who do', async () => {
  const small = createPasswords({ places: 1, maxWaiting: 1, maxWaitMs: 60_000 });
  const served = [small.hash('secret-1', []), small.hash('secret-1', [])];
  await expect(small.hash('secret-1', [])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  expect(await Promise.all(served)).toHaveLength(2);
});

async function timeOf(work: () => Promise<boolean>): Promise<number> {
  const start = performance.now();
  expect(await work()).toBe(false);
  return performance.now() - start;
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}
