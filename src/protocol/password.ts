// Passwords as clients send them. The length of a password is that of its shorter form, composed or as it is.
import * as z from 'zod';
import { documented, storable } from './fields.ts';
import { LIMITS } from './limits.ts';

/** Another form of a character has at most four times its length. Longer passwords are not composed at all. */
const LONGEST_TYPED = 4 * LIMITS.PASSWORD_MAX;
const TOO_LONG = `must have at most ${LIMITS.PASSWORD_MAX} characters`;
const TOO_SHORT = `must have at least ${LIMITS.PASSWORD_MIN} characters`;

const typed = storable()
  .min(1)
  .max(LONGEST_TYPED, { error: TOO_LONG, abort: true })
  .refine((text) => lengthOf(text) <= LIMITS.PASSWORD_MAX, TOO_LONG);

/** A password that an account may have. There is no minimum because those of the former service may be shorter. */
export const password = documented(typed, z.string().min(1).max(LIMITS.PASSWORD_MAX));

export const newPassword = documented(
  typed.refine((text) => lengthOf(text) >= LIMITS.PASSWORD_MIN, TOO_SHORT),
  z.string().min(LIMITS.PASSWORD_MIN).max(LIMITS.PASSWORD_MAX),
);

function lengthOf(text: string): number {
  return Math.min(text.length, text.normalize('NFC').length);
}
