// What makes two names, or two email addresses, the same: without case, invisible characters and other forms of one letter.
// By rules of our own, whatever the locale, the database or the runtime is.
import { CASE_TABLE } from './case-table.ts';

const PLAIN = /^[!-~]*$/;

/** What takes no place, and control characters. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cc}|[\ufff9-\ufffb]/gu;
const SPACES = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]/g;
/** With a dot that an i has anyway: what İ is made of. */
const DOTTED_I = /i\p{M}*\u0307\p{M}*/gu;

/**
 * The same for all that differs in case alone, in invisible characters, or in forms of one letter (composed or not, full
 * width, styled): Unicode's case folding of its form NFKC. I, i, İ and ı are one, since which of them belong together depends
 * on the language. Spaces are one, and none at the ends. Folding what was folded changes nothing.
 */
export function fold(text: string): string {
  return foldPart(text).trim();
}

/** Of a part of a text: with the spaces at its ends. */
export function foldPart(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  const decomposed = text.normalize('NFKD').replace(SPACES, ' ').replace(INVISIBLE, '').normalize('NFD');
  let folded = '';
  for (const character of decomposed) folded += CASE_TABLE.get(character) ?? character;
  return folded
    .replace(DOTTED_I, (letter) => letter.replaceAll('\u0307', ''))
    .replace(/ +/g, ' ')
    .normalize('NFC');
}
