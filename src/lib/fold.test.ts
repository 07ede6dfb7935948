import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, foldPart } from './fold.ts';

const SEED = Number(process.env.PROPERTY_SEED ?? Date.now());
const RUNS = { seed: SEED, numRuns: 2000 * Number(process.env.PROPERTY_RUNS ?? 1) };

/** Every character that stands by itself. */
function* everyCharacter(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code < 0xd800 || code > 0xdfff) yield String.fromCodePoint(code);
  }
}

/**
 * How other programs write the same text in another case. Invisible characters are taken out first, because a small
 * iota below a letter becomes a letter of its own, and a mark behind something invisible would go to another letter.
 */
function variants(text: string): string[] {
  const composed = text.replace(/(?![\t-\r\x85])[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu, '').normalize('NFC');
  const general = [composed.toUpperCase(), composed.toLowerCase()];
  if (!/[iıjİ]/i.test(composed)) return general;
  return [
    ...general,
    ...['tr', 'az'].flatMap((it) => [composed.toLocaleUpperCase(it), composed.toLocaleLowerCase(it)]),
  ];
}

describe('fold', () => {
  it.each([
    [
      'ada',
      ['Ada', 'ADA', ' ada ', 'A\u200bda', '\u202eada', 'ａｄａ', '𝐀𝐝𝐚', 'a\u00addа'.replace('а', 'a'), 'ada\u3164'],
    ],
    ['özgür', ['ÖZGÜR', 'o\u0308zgu\u0308r', 'O\u0308ZGU\u0308R']],
    [
      'isil@example.com',
      ['ISIL@example.com', 'ISIL@EXAMPLE.COM', 'ısıl@example.com', 'İSİL@example.com', 'i\u0307sil@example.com'],
    ],
    ['strasse', ['Straße', 'STRASSE', 'STRAẞE', 'ſtraſſe']],
    ['οδυσσευσ', ['Οδυσσευς', 'ΟΔΥΣΣΕΥΣ']],
    ['ada lovelace', ['Ada  Lovelace', 'ADA\u00a0LOVELACE', 'ada\u2003\u2800lovelace', 'ada\nlovelace']],
    ['k', ['K', '\u212a']],
    ['', ['', ' ', '\u200b\u200d', '\u2800', '\u3164', '\u0000\u0007']],
  ])('gives %j for all its forms', (wanted, forms) => {
    expect(forms.map(fold)).toEqual(forms.map(() => wanted));
  });

  it.each([
    ['ada', 'ida'],
    ['а', 'a'],
    ['é', 'e'],
    ['o', 'ö'],
    ['ada lovelace', 'adalovelace'],
  ])('tells %j from %j', (one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  it('keeps the spaces at the ends of a part', () => {
    expect(foldPart(' A  b\u00a0')).toBe(' a b ');
  });

  it('gives the same for every character in another case, and does not change what it folded', () => {
    const odd: string[] = [];
    for (const character of everyCharacter()) {
      const folded = fold(character);
      const same = folded === fold(folded) && variants(character).every((variant) => fold(variant) === folded);
      if (!same) odd.push(character.codePointAt(0)?.toString(16) ?? '');
    }
    expect(odd).toEqual([]);
  });

  it('gives the same for every text in another case or form, and does not change what it folded', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.oneof(
            fc.constantFrom(...'iIİıßſΣσςὈ\u0307\u0323\u0301\u0345 \u200b\u034f'),
            fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
          ),
          maxLength: 12,
        }),
        (text) => {
          const folded = fold(text);
          expect(fold(folded)).toBe(folded);
          for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const) expect(fold(text.normalize(form))).toBe(folded);
          for (const variant of variants(text)) expect(fold(variant)).toBe(folded);
        },
      ),
      RUNS,
    );
  });
});
