// Which secrets production refuses: those made by a habit, and everything that this project prints.
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { weaknessOf } from './jwt-secret.ts';
import { variety } from './variety.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const hex = (text: string) => Buffer.from(text).toString('hex');

describe('refused', () => {
  test.each([
    ['nothing', ''],
    ['31 bytes', 'uE4yq0c2zV8b1nQx7mKp3sRt6wAd9fG'],
    ['31 bytes with a blank', 'uE4yq0c2zV8b1nQx7mKp3sRt6wAd9fG '],
    ['blanks around something short', `short${' '.repeat(40)}`],
  ])('%s: too short', (_, secret) => expect(weaknessOf(secret)).toBe('is shorter than 32 bytes'));

  test.each([
    ['one letter', 'a'.repeat(32)],
    ['one letter of two bytes', 'ü'.repeat(16)],
    ['one sign', '🙂'.repeat(9)],
    ['zeros', '00000000-0000-0000-0000-000000000000'],
    ['a word', 'secret'.repeat(6)],
    ['three letters', 'abcabc'.repeat(8)],
    ['a word in other cases, with other things between', 'Secret secret SECRET secret-secret_secret'],
    ['a word, cut at the end', 'passwordpasswordpasswordpasswordpas'],
    ['a word of random digits, twice', 'b7e0c3f1a9d84562b7e0c3f1a9d84562'],
    ['a word that is counted', 'secret1secret2secret3secret4secret5'],
    ['a word that is counted, with signs', 'Password1!Password2!Password3!Password4!'],
    ['two words', 'chatchatchatchatserverserverserverserver'],
    ['words of hackers', 'deadbeefcafebabedeadbeefcafebabe'],
    ['a short word and much of nothing', `hunter2${'0'.repeat(30)}`],
    ['letters, each some times', [...'abcdefgh'].map((letter) => letter.repeat(4)).join('')],
    ['two letters without order', '0110100110010110100101100110100110010110'],
    ['digits in order', '0123456789'.repeat(4)],
    ['letters in order', 'abcdefghijklmnopqrstuvwxyzabcdefgh'],
    ['backwards', '9876543210zyxwvutsrqponmlkjihgfedcba'],
    ['every second one', 'acegikmoqsuwy13579acegikmoqsuwy13579'],
    ['two orders that take turns', 'a1b2c3d4e5f6g7h8i9j0a1b2c3d4e5f6'],
    ['a UUID made by hand', '12345678-1234-1234-1234-123456789012'],
    ['rows of a keyboard', 'qwertyuiopasdfghjklzxcvbnm1234567890'],
    ['columns of a keyboard', '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol'],
    ['base64 of zeros', 'A'.repeat(43).concat('=')],
    ['base64 of one byte', base64('\u0007'.repeat(32))],
    ['base64 of digits in order', base64('0123456789abcdef0123456789abcdef')],
    ['base64 of a word and digits in order', base64('admin123456789012345678')],
    ['hex of a word', hex('secretsecretsecretsecret')],
    ['hex of letters in order', hex('abcdefghijklmnopqrstuvwxyz')],
  ])('%s: a pattern', (_, secret) => expect(weaknessOf(secret)).toBe('repeats itself, or goes by a pattern'));

  test.each([
    'your-super-secret-jwt-key-that-is-long-enough',
    'please_CHANGE_ME_please_change_me_please',
    'replace-with-a-long-random-secret-value',
    'a-string-secret-at-least-256-bits-long',
    base64('your-super-secret-jwt-key-that-is-long-enough'),
    hex('your-super-secret-jwt-key-that-is-long-enough'),
    // A token instead of a secret.
    'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VySWQiOjF9.NMSRvCHcm8jS2hjwFoHW5xzqlrJYGwlAPVeG_dfEo0Q',
  ])('%s: printed', (secret) => expect(weaknessOf(secret)).toMatch(/printed/));
});

test('words that were never printed are accepted', () => {
  expect(weaknessOf('orbit-saffron-lemur-quartz-ballad-inkwell')).toBeUndefined();
});

test('a secret of any size is judged at once', () => {
  const started = performance.now();
  for (const part of ['a', 'ab', 'uE4yq0c2zV8b1nQx7mKp3sRt6wAd9fGh']) weaknessOf(part.repeat(100_000 / part.length));
  expect(performance.now() - started).toBeLessThan(2_000);
});

/** Names of files below a folder, without generated and installed files. */
function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    if (/^(node_modules|dist|data|coverage|\.git|package-lock\.json)$/.test(name)) return [];
    const path = join(folder, name);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return filesOf(path);
    return stat?.isFile() && stat.size < 1_000_000 ? [path] : [];
  });
}

/**
 * What follows a name with `secret` in it: the quoted text, or (in files that are no program) the text up to a blank.
 */
const NAMED = /secret\w*["'`]?\s*[:=]\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`\n]*)`|([^\s'"`,;)]+))/gi;
/** Hex, base64, base64url, or a UUID, as programs generate them. */
const GENERATED = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[A-Za-z\d+/_-]{32,}={0,2}/gi;

const FILES = filesOf('.').filter((path) => !path.endsWith('jwt-secret.test.ts'));
const isProgram = (path: string) => /\.[cm]?[jt]s$/.test(path);

/** The values found in files that production would accept, by file. */
function taken(paths: readonly string[], find: (text: string, path: string) => string[]): string[] {
  return paths.flatMap((path) => {
    const values = find(readFileSync(path, 'utf8'), path);
    // A value that is put together when used (`${…}`, `$(…)`) does not count.
    return values.filter((value) => !value.includes('$') && !weaknessOf(value)).map((value) => `${path}: ${value}`);
  });
}

describe('no value that this project prints is accepted, because anyone can read it', () => {
  test('what follows a name, also in tests and examples', () => {
    const find = (text: string, path: string) =>
      [...text.matchAll(NAMED)].map(([, a, b, c, bare]) => a ?? b ?? c ?? (isProgram(path) ? '' : (bare ?? '')));
    expect(taken(FILES, find)).toEqual([]);
    expect(find('#JWT_SECRET=x\n  "secret": "y z"', '.env')).toEqual(['x', 'y z']);
  });

  test('what looks generated, in documents and in what the service publishes', () => {
    const documents = FILES.filter((path) =>
      isProgram(path) ? /^(src|examples)\b.*(?<!\.test)\.\w+$/.test(path) : !/\.sql$|meta[\\/]/.test(path),
    );
    const find = (text: string) => [...text.matchAll(GENERATED)].map(String).filter(looksMade);
    expect(taken(documents, find)).toEqual([]);
    const made = Array.from({ length: 50 }, () => randomBytes(48).toString('base64')).join('\n');
    expect(find(made).length).toBeGreaterThan(40);
  });
});

/** Names of things are words, perhaps with a date. Generated values have digits all over. */
function looksMade(value: string): boolean {
  return (value.match(/\d+/g)?.length ?? 0) > 3 && variety(value) > 90;
}
