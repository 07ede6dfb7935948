// Secrets of tokens: whatever a program made at random is taken, whatever goes by a pattern is not.
import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { weaknessOf } from '../../src/runtime/config/jwt-secret.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

/** Bytes of the system, as who makes a secret has them: fast-check is fond of zeros. */
const encodings = {
  hex: (size: number) => randomBytes(size).toString('hex'),
  HEX: (size: number) => randomBytes(size).toString('hex').toUpperCase(),
  base64: (size: number) => randomBytes(size).toString('base64'),
  base64url: (size: number) => randomBytes(size).toString('base64url'),
  uuid: () => randomUUID(),
  'letters and digits': (size: number) =>
    Array.from(randomBytes(2 * size), (byte) => (byte % 36).toString(36)).join(''),
};
const made = fc
  .tuple(fc.constantFrom(...(Object.keys(encodings) as (keyof typeof encodings)[])), fc.integer({ min: 24, max: 96 }))
  .chain(([encoding, size]) => fc.record({ encoding: fc.constant(encoding), size: fc.constant(size) }));

test('what was made at random is taken, in any encoding', async () => {
  await check('secrets-random', made, 5_000, ({ encoding, size }) => {
    const secret = encodings[encoding](size);
    expect(weaknessOf(secret), secret).toBeUndefined();
  });
});

test('16 random bytes in hex, the shortest of all, are taken', () => {
  for (let round = 0; round < 5_000; round += 1) {
    const secret = randomBytes(16).toString('hex');
    expect(weaknessOf(secret), secret).toBeUndefined();
  }
});

const repeated = fc.record({
  word: fc.string({ unit: fc.constantFrom(...'abcdefgABCDEFG0123456789 -_.!?ü東🙂'), minLength: 1, maxLength: 16 }),
  upper: fc.boolean(),
  between: fc.constantFrom('', ' ', '-', '_', '.'),
  times: fc.integer({ min: 2, max: 64 }),
  cut: fc.nat({ max: 15 }),
  around: fc.constantFrom('', ' ', '\t'),
});

test('one word again and again is not taken, of whatever length and however it is written', async () => {
  await check('secrets-repeated', repeated, 1_000, ({ word, upper, between, times, cut, around }) => {
    const words = Array.from({ length: times }, (_, turn) => (upper && turn % 2 ? word.toUpperCase() : word));
    const characters = [...words.join(between)];
    // Twice at least: what is there once and a bit may be anything.
    const least = 2 * [...word].length + 1;
    const secret = `${around}${characters.slice(0, Math.max(least, characters.length - cut)).join('')}${around}`;
    expect(weaknessOf(secret), secret).toBeDefined();
    if (/[^\0-\x7f]/.test(secret)) return;
    expect(weaknessOf(Buffer.from(secret).toString('base64')), secret).toBeDefined();
    expect(weaknessOf(Buffer.from(secret).toString('hex')), secret).toBeDefined();
  });
});
