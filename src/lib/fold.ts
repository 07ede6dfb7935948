// Whether two names, or two email addresses, count as the same: ignores case, invisible characters and other forms of
// one letter. The rules are our own, so they do not depend on the locale, the database or the runtime.
import { CASE_TABLE } from './case-table.ts';

const PLAIN = /^[!-~]*$/;

/** Characters without width, and control characters. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}|\p{Cc}|[\ufff9-\ufffb]/gu;
const SPACES = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]/g;
/** An i (which has a dot) with another dot: İ decomposes into that. */
const DOTTED_I = /i\p{M}*\u0307\p{M}*/gu;

/**
 * Returns the same for texts that differ only in case, in invisible characters, or in forms of one letter (composed or
 * not, full width, styled). This is Unicode's case folding of the form NFKC. I, i, İ and ı are one, because which of
 * them belong together depends on the language. Spaces count as one, and those at the ends are dropped. Folding again
 * changes nothing.
 */
export function fold(text: string): string {
  return foldPart(text).trim();
}

/** Folds a part of a text, so it keeps the spaces at the ends. */
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
