// Usernames: people can see one, in one line, and read it in the order in which it is written.
import * as z from 'zod';
import { documented, storable } from './fields.ts';
import { LIMITS } from './limits.ts';

/** Composing makes a name at most this much shorter. Longer input is not composed: thousands of marks take seconds. */
const LONGEST_TYPED = 4 * LIMITS.USERNAME_MAX;
const TOO_LONG = `must have at most ${LIMITS.USERNAME_MAX} characters`;

/** Control characters, line breaks, direction marks, and marks that are meant for programs. */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u206a-\u206f\ufff9-\ufffb]/u;
const UNSEEN = /\p{White_Space}|\p{Default_Ignorable_Code_Point}|\u2800/gu;

const composed = () => storable().max(LONGEST_TYPED, { error: TOO_LONG, abort: true }).normalize('NFC');

/** A new username. Decodes to the form NFC, without spaces at the ends. */
export const username = documented(
  composed()
    .trim()
    .min(LIMITS.USERNAME_MIN, `must have at least ${LIMITS.USERNAME_MIN} characters`)
    .max(LIMITS.USERNAME_MAX, TOO_LONG)
    .refine((name) => !FORBIDDEN.test(name), 'must not contain control characters, line breaks or direction marks')
    .refine((name) => name.replace(UNSEEN, '') !== '', 'must contain something that can be seen'),
  z.string().min(LIMITS.USERNAME_MIN).max(LIMITS.USERNAME_MAX),
);

/** What a search looks for in usernames. */
export const usernamePart = documented(
  composed().min(1).max(LIMITS.USERNAME_MAX, TOO_LONG),
  z.string().min(1).max(LIMITS.USERNAME_MAX),
);

/** True if both are the same name once composed and trimmed. */
export function isSameUsername(a: string, b: string): boolean {
  return a === b || tidy(a) === tidy(b);
}

function tidy(name: string): string {
  return name.length > LONGEST_TYPED ? name : name.normalize('NFC').trim();
}
