import { expect, it } from 'vitest';
import { decode } from './decode.ts';
import { newPassword, password } from './password.ts';

const DECOMPOSED = 'e\u0301';
/** One character, which composing turns into two. */
const LONGER_COMPOSED = '\u0958';

it('has the same limit composed and decomposed', () => {
  for (const text of ['é'.repeat(128), DECOMPOSED.repeat(128), LONGER_COMPOSED.repeat(128), 'x'.repeat(128)]) {
    expect(decode(newPassword, text), text).toEqual({ ok: true, data: text });
    expect(decode(password, text)).toEqual({ ok: true, data: text });
  }
  for (const text of ['é'.repeat(129), DECOMPOSED.repeat(129), 'x'.repeat(129), 'x'.repeat(100_000)]) {
    const tooLong = { ok: false, details: [{ path: '', message: 'must have at most 128 characters' }] };
    expect(decode(newPassword, text)).toEqual(tooLong);
    expect(decode(password, text)).toEqual(tooLong);
  }
});

it('takes no longer for a long one, which composing it would', () => {
  const marks = '\u0301\u0323'.repeat(8000);
  const timeOf = (work: () => unknown) => {
    const startedAt = performance.now();
    work();
    return performance.now() - startedAt;
  };
  const composing = timeOf(() => marks.normalize('NFC'));
  for (const schema of [password, newPassword])
    expect(timeOf(() => decode(schema, marks))).toBeLessThan(composing / 10);
});

it('has at least six characters if it is new, and one if it is not', () => {
  expect(decode(newPassword, DECOMPOSED.repeat(3)).ok).toBe(false);
  expect(decode(newPassword, DECOMPOSED.repeat(6)).ok).toBe(true);
  expect(decode(password, 'x').ok).toBe(true);
  expect(decode(password, '').ok).toBe(false);
});
