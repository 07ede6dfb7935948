// Passwords as they are sent. Composed or not, one is as long as its shorter form.
import * as z from 'zod';
import { documented, storable } from './fields.ts';
import { LIMITS } from './limits.ts';

/** A character is at most that much longer in another form. */
const LONGEST_TYPED = 4 * LIMITS.PASSWORD_MAX;
const TOO_LONG = `must have at most ${LIMITS.PASSWORD_MAX} characters`;
const TOO_SHORT = `must have at least ${LIMITS.PASSWORD_MIN} characters`;

const typed = storable()
  .min(1)
  .max(LONGEST_TYPED, { error: TOO_LONG, abort: true })
  .refine((text) => lengthOf(text) <= LIMITS.PASSWORD_MAX, TOO_LONG);

/** One that an account may have. No minimum: an account of the former service may have a shorter one. */
export const password = documented(typed, z.string().min(1).max(LIMITS.PASSWORD_MAX));

export const newPassword = documented(
  typed.refine((text) => lengthOf(text) >= LIMITS.PASSWORD_MIN, TOO_SHORT),
  z.string().min(LIMITS.PASSWORD_MIN).max(LIMITS.PASSWORD_MAX),
);

function lengthOf(text: string): number {
  return Math.min(text.length, text.normalize('NFC').length);
}
