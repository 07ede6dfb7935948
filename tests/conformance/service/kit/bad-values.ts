// Values that nobody should send and somebody will.

/** Values of a wrong type for a text; `null` and `''` are left out: older clients send them for "none". */
export const NO_TEXTS: readonly unknown[] = [0, 1.5, true, [], ['x'], {}, { length: 1 }];

/** Texts that cannot be stored. JSON carries both as escapes. */
export const UNSTORABLE = ['a\u0000b', '\u0000', 'lone \ud800 high', 'lone \udc00 low', '\udc00\ud800 turned'] as const;

/** JSON texts of what is no id. `1e999` is a number that is infinite when it is parsed. */
export const NO_IDS = [
  '0',
  '-1',
  '1.5',
  '2147483648',
  '-2147483649',
  '9007199254740993',
  '1e999',
  '-1e999',
  '1e-7',
  '"-1"',
  '"1.5"',
  '"0x10"',
  '"1e3"',
  '" 1"',
  '"2147483648"',
  '"99999999999999999999"',
  '"١"',
  '"one"',
  'true',
  '[1]',
  '{"id":1}',
] as const;

/** `[[[…]]]` or `{"a":{"a":…}}`, as JSON text. */
export const nested = (depth: number, open = '[', close = ']'): string =>
  `${open.repeat(depth)}${open === '[' ? '' : 'null'}${close.repeat(depth)}`;

export const deepObject = (depth: number): string => nested(depth, '{"a":', '}');
