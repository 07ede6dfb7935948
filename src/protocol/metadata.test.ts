// What is taken as metadata, and that it is not changed by it.
import { expect, it } from 'vitest';
import { metadata } from './metadata.ts';

const nested = (depth: number): unknown => (depth === 0 ? 1 : { deeper: nested(depth - 1) });
/** As JSON `{"k":"…"}`. */
const ofBytes = (bytes: number) => ({ k: 'x'.repeat(bytes - 8) });
const problem = (value: unknown) => metadata.safeParse(value).error?.issues[0]?.message;

it.each<[string, unknown]>([
  ['nothing', {}],
  ['every kind of value', { a: null, b: true, c: -1.5e-7, d: 'ä 👋', e: [1, [2]], '': {} }],
  ['4096 bytes', ofBytes(4096)],
  ['4096 bytes that are 1366 characters', { k: `${'世'.repeat(1362)}xx` }],
  ['five levels', nested(5)],
  ['levels of lists', { a: [[[['four in one']]]] }],
  ['keys that objects have', JSON.parse('{"__proto__":{"isAdmin":true},"constructor":1,"toString":null,"toJSON":"x"}')],
])('%s is taken as it is', (_, value) => {
  const before = JSON.stringify(value);
  const taken = metadata.parse(value);
  expect(taken).toBe(value);
  expect(JSON.stringify(taken)).toBe(before);
});

it.each<[string, unknown, RegExp]>([
  ['a list', [], /object/],
  ['a text', '{}', /object/],
  ['null', null, /object/],
  ['nothing at all', undefined, /object/],
  ['bytes', new Uint8Array(3), /object/],
  ['4097 bytes', ofBytes(4097), /4096 bytes/],
  ['4097 bytes in fewer characters', { k: `${'世'.repeat(1362)}xxx` }, /4096 bytes/],
  ['many small values', { a: Array(3_000).fill(1) }, /4096 bytes/],
  ['endlessly many', { a: Array(1_000_000).fill(null) }, /4096 bytes/],
  ['numbers that the database writes out', { a: Array(20).fill(1e300) }, /4096 bytes/],
  ['six levels', nested(6), /nested/],
  ['six levels with lists', { a: [[[[[]]]]] }, /nested/],
  ['ten thousand levels', nested(5_000), /nested/],
  ['NUL', { a: '\u0000' }, /NUL/],
  ['NUL in a key', { 'a\u0000': 1 }, /NUL/],
  ['a lone surrogate', { a: ['\ud800'] }, /surrogate/],
  ['a number beyond all', { a: Number.POSITIVE_INFINITY }, /JSON/],
  ['bytes in it', { a: new Uint8Array(3) }, /JSON/],
  ['a function', { a: () => 1 }, /JSON/],
])('%s is refused', (_, value, message) => {
  expect(problem(value)).toMatch(message);
});
