// JSON texts that stand where something else is expected. Texts, not values: a value could not have its own `__proto__`.
import fc from 'fast-check';
import type * as z from 'zod';

/** What code may ask an object for without meaning to: by comparing, printing, awaiting, measuring or merging it. */
const ASKED_FOR = [
  ...['length', 'size', 'byteLength', 'valueOf', 'toString', 'toJSON', 'then', 'catch', 'get', 'set', 'value'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'isPrototypeOf',
    '__defineGetter__',
    'message',
    'code',
  ],
  ...[
    '0',
    '-1',
    'type',
    'id',
    'data',
    'token',
    'nsp',
    'name',
    'emit',
    'listeners',
    '_placeholder',
    'num',
    'pid',
    'sid',
  ],
];

const SCALARS = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e999', '-1e999', '9007199254740993', '1e-7', '2147483648'],
  ...['""', '" "', '"0"', '"1"', '"1n"', '"NaN"', '"[object Object]"', '"__proto__"', '"constructor"', '"\\u0000"'],
  ...[
    '"a\\u0000b"',
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\\u2028"',
    '"\\u202e"',
    '"\\ufeff"',
    '"http://"',
    '"javascript:1"',
  ],
];

const nested = (depth: number, open: string, inside: string, close: string) =>
  `${open.repeat(depth)}${inside}${close.repeat(depth)}`;
const DEEP = [
  ...[nested(3_000, '[', '', ']'), nested(2_000, '{"length":', 'null', '}'), nested(1_000, '{"toString":[', '1', ']}')],
  ...[`"${'x'.repeat(20_000)}"`, `[${'0,'.repeat(5_000)}0]`],
];

const { any } = fc.letrec<{ any: string; object: string; list: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    { weight: 4, arbitrary: fc.constantFrom(...SCALARS) },
    { weight: 4, arbitrary: tie('object') },
    { weight: 2, arbitrary: tie('list') },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)) },
    { weight: 1, arbitrary: fc.constantFrom(...DEEP) },
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...ASKED_FOR), tie('any')), { maxLength: 4 })
    .map((fields) => `{${fields.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
  list: fc.array(tie('any'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
}));

/** Any of it. */
export const hostileJson: fc.Arbitrary<string> = any;

/** Every name that is asked for, with each of what cannot be compared, printed or counted. */
export const HOSTILE_EXAMPLES: readonly string[] = [
  ...SCALARS,
  ...DEEP,
  ...ASKED_FOR.flatMap((name) => [`{"${name}":{"toString":1}}`, `{"${name}":{"valueOf":1,"toString":null}}`]),
  ...ASKED_FOR.map((name) => `{"${name}":1e999}`),
  ...['[]', '{}', '[{"length":{"toString":1}}]', '{"length":{"length":{"toString":1}}}'],
];

/** The names of an object's fields, also where the schema goes on with what it made of the object. */
export function fieldsOf(schema: z.ZodType): string[] {
  const { shape, in: inner } = schema.def as { shape?: Readonly<Record<string, z.ZodType>>; in?: z.ZodType };
  if (shape) return Object.keys(shape);
  return inner ? fieldsOf(inner) : [];
}

/** Values for some of these fields, and for one that none of them is. */
export function hostileFields(names: readonly string[]): fc.Arbitrary<Readonly<Record<string, string>>> {
  return fc.dictionary(fc.constantFrom(...names, 'toString'), hostileJson, { minKeys: 1, maxKeys: 3 });
}

/** An object of JSON texts as one. */
export function objectText(fields: Readonly<Record<string, string>>): string {
  return `{${Object.entries(fields)
    .map(([name, json]) => `${JSON.stringify(name)}:${json}`)
    .join(',')}}`;
}
