// Names of any characters: what may be chosen can be seen, stays as it is, and folds to something that another name may be
// compared with.
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { foldedKey } from '../../src/database/folded-names.ts';
import { fold, foldPart } from '../../src/lib/fold.ts';
import { decode } from '../../src/protocol/decode.ts';
import { username } from '../../src/protocol/username.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

/** More of what matters here than chance has. */
const ODD = [
  ...'iIİıßẞſΣςσK\u0307\u0301\u0323\u034f\u200b\u200d\u202e\u2066\u2028\u00ad\u3164\u2800\u00a0 \n\t\u0085%_\\',
];
const character = fc.oneof(
  fc.constantFrom(...ODD),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
);
const text = (maxLength: number) => fc.string({ unit: character, maxLength });

test('a name that may be chosen is composed, can be chosen again as it is, and folds to something', () =>
  check('names: chosen', text(60), 20_000, (typed) => {
    const chosen = decode(username, typed);
    if (!chosen.ok) return;
    const name = chosen.data;
    expect(name.normalize('NFC').trim()).toBe(name);
    expect(name).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(decode(username, name)).toEqual(chosen);
    expect(fold(name)).not.toBe('');
    expect(fold(name).startsWith(foldedKey(name))).toBe(true);
  }));

test('a part of a name is found in it, in whatever case both are', () =>
  check('names: found', fc.tuple(text(8), text(8), text(8)), 5_000, ([before, part, after]) => {
    // Where a mark or an iota goes to another letter, or a dot to an i, the letters themselves are others.
    const isWhole = (whole: string) =>
      fold(whole) === [before, part, after].map(foldPart).join('').replace(/ +/g, ' ').trim();
    const name = `${before}${part}${after}`;
    if (!isWhole(name)) return;
    expect(` ${fold(name)} `).toContain(foldPart(part).replace(/^ | $/g, ''));
  }));
