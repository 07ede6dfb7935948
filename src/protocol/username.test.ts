import { describe, expect, it } from 'vitest';
import { decode } from './decode.ts';
import { isSameUsername, username, usernamePart } from './username.ts';

const read = (name: unknown) => {
  const decoded = decode(username, name);
  return decoded.ok ? decoded.data : decoded.details.map(({ message }) => message).join();
};

describe('a username', () => {
  it.each([
    ['ada'],
    ['Ada Lovelace'],
    ['x'.repeat(50)],
    ['Zoë'],
    ['علی'],
    ['می\u200cخواهم'],
    ['👩‍👩‍👧 fam'],
    ['❤️❤️❤️'],
    ['<b>"\'%_\\'],
    ['日本語'],
    ['a\u0301\u0323b!'.normalize('NFC')],
  ])('may be %j', (name) => {
    expect(read(name)).toBe(name);
  });

  it('is stored composed and without spaces at its ends', () => {
    expect(read(' Zoe\u0308 \n')).toBe('Zoë');
    expect(read('e\u0301'.repeat(50))).toBe('é'.repeat(50));
  });

  it.each([
    ['a\u0000b c'] as [string],
    ['two\nlines'],
    ['two\r\nlines'],
    ['tab\tbed'],
    ['a\u0007b'],
    ['next\u0085line'],
    ['a\u009bb'],
    ['line\u2028break'],
    ['paragraph\u2029break'],
    ...'\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206f\ufffa'
      .split('')
      .map((mark): [string] => [`ad${mark}a`]),
  ])('has no control characters, line breaks or direction marks: %j', (name) => {
    expect(read(name)).toMatch(/must not contain/);
  });

  it.each([
    ['\u200b\u200b\u200b'],
    ['\u200d\u2060\ufe0f\u{e0041}'],
    ['\u3164\u3164\u3164'],
    ['\u2800\u2800\u2800'],
    ['\u00ad \u00ad'],
    ['\u115f\u1160\uffa0'],
    ['\u200b   \u200b'],
  ])('contains something that can be seen: %j', (name) => {
    expect(read(name)).toMatch(/can be seen/);
  });

  it.each([
    ['ab', /at least 3/],
    ['e\u0301e\u0301', /at least 3/],
    [' ab ', /at least 3/],
    ['x'.repeat(51), /at most 50/],
    ['x'.repeat(100_000), /^must have at most 50 characters$/],
    [7, /expected string/],
    [{ length: 3, normalize: 1 }, /expected string/],
  ])('is refused with a message that says what to do: %j', (name, why) => {
    expect(read(name)).toMatch(why);
  });

  it('takes no longer for a long one, which composing it would', () => {
    const marks = '\u0301\u0323'.repeat(8000);
    const timeOf = (work: () => unknown) => {
      const startedAt = performance.now();
      work();
      return performance.now() - startedAt;
    };
    const composing = timeOf(() => marks.normalize('NFC'));
    expect(timeOf(() => decode(username, marks))).toBeLessThan(composing / 10);
    expect(timeOf(() => decode(usernamePart, marks))).toBeLessThan(composing / 10);
    expect(timeOf(() => isSameUsername(`a${marks}`, marks))).toBeLessThan(composing / 10);
  });

  it('is the same name if only composing or trimming tells them apart', () => {
    expect(isSameUsername('Zoe\u0308', 'Zoë')).toBe(true);
    expect(isSameUsername(' spaced ', 'spaced')).toBe(true);
    expect(isSameUsername('ada', 'Ada')).toBe(false);
    expect(isSameUsername('ada', 'ad\u200ba')).toBe(false);
  });
});
