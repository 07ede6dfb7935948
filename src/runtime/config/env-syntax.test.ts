// What a file `.env` may look like, whatever program saved it.
import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { parseEnv } from './env-syntax.ts';
import { decodeText } from './text-file.ts';

describe('a line of .env', () => {
  test.each([
    ['A=1', { A: '1' }],
    ['A = 1 ', { A: '1' }],
    ['  export A=1', { A: '1' }],
    ['exportA=1', { exportA: '1' }],
    ['A=', { A: '' }],
    ['A=   # nothing', { A: '' }],
    ['A=1 # one', { A: '1' }],
    ['A=p#ss', { A: 'p#ss' }],
    ['A=#p', { A: '#p' }],
    ['A=a=b', { A: 'a=b' }],
    ['A=two words', { A: 'two words' }],
    ["A=it's", { A: "it's" }],
    ['A=$B$C', { A: '$B$C' }],
    ['A=a\\nb', { A: 'a\\nb' }],
    ["A='a # b' # c", { A: 'a # b' }],
    ["A=' a\\n '", { A: ' a\\n ' }],
    ['A=`it\'s "a"`', { A: 'it\'s "a"' }],
    ['A="a # b"', { A: 'a # b' }],
    ['A="a\\nb\\tc\\"d\\\\e\\f"', { A: 'a\nb\tc"d\\e\\f' }],
    ['A="one\ntwo"\nB=3', { A: 'one\ntwo', B: '3' }],
    ['# A=1\n\n \t\nB=2', { B: '2' }],
    ['A=1\r\nB=2\r\n', { A: '1', B: '2' }],
    ['A=1\rB=2', { A: '1', B: '2' }],
    ['A=1\nA=2', { A: '2' }],
    ['__proto__=1\nconstructor=2', { ['__proto__']: '1', constructor: '2' }],
    ['', {}],
  ])('%j', (text, values) => {
    const parsed = parseEnv(text);
    expect('values' in parsed && Object.entries(parsed.values)).toEqual(Object.entries(values));
  });

  test.each([
    ['A', 1],
    ['A=1\n\n1A=2', 3],
    ['A="1', 1],
    ["A=1\nB='2\nC=3", 2],
    ['A="1" 2', 1],
    ['=1', 1],
    ['A: 1', 1],
    ['# a\r\n{"A":1}', 2],
  ])('%j is none', (text, badLine) => {
    expect(parseEnv(text)).toEqual({ badLine });
  });
});

describe('the bytes of a text', () => {
  const text = 'A=ümlaut ✓';
  const utf16 = Buffer.from(text, 'utf16le');
  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)])],
    ['UTF-16, little end first', Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])],
    ['UTF-16, big end first', Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])],
  ])('%s', (_, bytes) => {
    expect(decodeText(bytes)).toBe(text);
  });

  test.each([
    ['UTF-16 without a mark', Buffer.from('A=1', 'utf16le'), 'save it as UTF-8'],
    ['Latin-1', Buffer.from('A=ü', 'latin1'), 'it is no UTF-8 text'],
    ['half a character', Buffer.from([0xff, 0xfe, 0x41]), 'it is no UTF-16LE text'],
  ])('%s is refused', (_, bytes, said) => {
    expect(() => decodeText(bytes)).toThrow(said);
  });
});

describe('a secret in a file', () => {
  const STRONG = 'uE4yq0c2zV8b1nQx7mKp3sRt6wAd9fGh';
  const files: Readonly<Record<string, string>> = {
    '/jwt': `${STRONG}\n`,
    '/crlf': ' blanks stay \r\n',
    '/lines': 'one\n\n',
    '/empty': '\n',
    '/url': 'postgres://u:p@h/chat\n',
    '/redis': 'redis://:p@h\n',
  };
  const readText = (path: string): string => {
    if (files[path] === undefined) throw new Error('ENOENT: no such file');
    return files[path];
  };
  const read = (env: Record<string, string>) => readConfig(env, readText);

  test('each of them; a last line break is not part of it', () => {
    expect(read({ NODE_ENV: 'production', JWT_SECRET_FILE: '/jwt' }).jwtSecret).toBe(STRONG);
    expect(read({ JWT_SECRET_NEXT_FILE: '/crlf', JWT_SECRET_PREVIOUS_FILE: '/lines' }).jwtSecretsAccepted).toEqual([
      ' blanks stay ',
      'one\n',
    ]);
    expect(read({ DB_HOST: 'h', DB_PASSWORD_FILE: '/crlf' }).database).toMatchObject({
      url: 'postgres://postgres:%20blanks%20stay%20@h:5432/chat_service',
    });
    expect(read({ DATABASE_URL_FILE: '/url' }).database).toMatchObject({ url: 'postgres://u:p@h:5432/chat' });
    expect(read({ REDIS_URL_FILE: '/redis' }).redis).toMatchObject({ password: 'p' });
    expect(read({ REDIS_HOST: 'h', REDIS_PASSWORD_FILE: '/crlf' }).redis).toMatchObject({ password: ' blanks stay ' });
  });

  test.each([
    [
      { JWT_SECRET_FILE: '/nowhere' },
      'JWT_SECRET_FILE="/nowhere": it takes a file that can be read (ENOENT: no such file)',
    ],
    [{ DB_PASSWORD_FILE: '/empty' }, 'DB_PASSWORD_FILE="/empty": it takes a file with a value in it'],
    [
      { JWT_SECRET_FILE: '/jwt', JWT_SECRET: 'hunter2' },
      'JWT_SECRET_FILE="/jwt": it takes nothing where JWT_SECRET is set as well',
    ],
    [
      { NODE_ENV: 'production', JWT_SECRET_FILE: '/nowhere' },
      'JWT_SECRET_FILE="/nowhere": it takes a file that can be read',
    ],
    [{ NODE_ENV: 'production', JWT_SECRET_FILE: '/crlf' }, 'JWT_SECRET (value not shown): it takes at least 32 bytes'],
    [{ DATABASE_URL_FILE: '/lines' }, 'DATABASE_URL (value not shown): it takes an address like'],
  ])('%o', (env, said) => {
    expect(() => read(env as Record<string, string>)).toThrow(
      expect.objectContaining({ problems: [expect.stringContaining(said)] }),
    );
  });

  test('an empty variable counts as not set, on either side', () => {
    expect(read({ JWT_SECRET: ' ', JWT_SECRET_FILE: '/jwt' }).jwtSecret).toBe(STRONG);
    expect(read({ JWT_SECRET: 'mine', JWT_SECRET_FILE: '' }).jwtSecret).toBe('mine');
  });
});
