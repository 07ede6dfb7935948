// The zod building blocks that requests and frames share.
import * as z from 'zod';
import { LIMITS } from './limits.ts';

/** True where PostgreSQL can store the string and JSON can carry it: no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/**
 * zod measures whatever has a `length`, a text or not, and a `length` that cannot be compared makes it throw. So every
 * text and list begins with a check that ends all others where the value is of another type.
 */
function only<T>(isRight: (value: unknown) => boolean): z.core.$ZodCheck<T> {
  const check = z.check<T>((payload) => {
    if (!isRight(payload.value)) payload.aborted = true;
  });
  // Checks that have a condition are asked even where the type was wrong.
  check._zod.def.when = () => true;
  return check;
}

/** Any string. What goes to the database is `storable`. */
export function text(): z.ZodString {
  return z.string().check(only((value) => typeof value === 'string'));
}

export function listOf<S extends z.ZodType>(item: S): z.ZodArray<S> {
  return z.array(item).check(only((value) => Array.isArray(value)));
}

/** A string that can be stored. */
export function storable(): z.ZodString {
  return text().refine(isStorable, 'must not contain NUL or a lone surrogate');
}

/**
 * What the published document shows for a schema that takes more than clients need to know: the forms of older clients,
 * and texts of a query that stand for numbers.
 */
export const documentedAs = new WeakMap<z.ZodType, z.ZodType>();

/** Shows another schema in its place. */
export function documented<S extends z.ZodType>(schema: S, shown: z.ZodType): S {
  documentedAs.set(schema, shown);
  return schema;
}

const idNumber = z.int().min(1).max(LIMITS.MAX_ID);

/** An id or another positive 32-bit number: a number or its decimal string. Gives the number. */
export const id = documented(
  z.union(
    [
      idNumber,
      z
        .string()
        .regex(/^\d{1,10}$/, 'must be an integer')
        .transform(Number)
        .pipe(idNumber),
    ],
    'must be an integer',
  ),
  idNumber,
);

const seqNumber = z.int().min(0).max(LIMITS.MAX_ID);

/** A number of a log: 0 is "before the first event". */
export const seq = z.union(
  [
    seqNumber,
    z
      .string()
      .regex(/^\d{1,10}$/, 'must be an integer')
      .transform(Number)
      .pipe(seqNumber),
  ],
  'must be an integer',
);

/** An optional number of a log, from which a client wants to read on. Gives the number or undefined. */
export const since = seq.nullish().transform((value) => value ?? undefined);

/** An optional string where `null` and `''`, which older clients send for "none", mean absent. Gives string or null. */
export function optionalText(schema: z.ZodType<string, string> = storable()): z.ZodType<string | null, unknown> {
  const given = z.preprocess((value) => (value === '' ? null : value), schema.nullable());
  return documented(given, schema.nullable())
    .optional()
    .transform((value) => value ?? null);
}

/** An optional id where `null` means absent. Gives number or null. */
export const optionalId = z
  .union([id, z.null()], 'must be an integer')
  .optional()
  .transform((value) => value ?? null);

/** A number in a query, `byDefault` if it is absent. */
export function queryNumber(min: number, max: number, byDefault: number): z.ZodType<number, string | undefined> {
  const number = z.int().min(min).max(max);
  const given = z
    .string()
    .regex(new RegExp(`^\\d{1,${String(max).length}}$`), 'must be an integer')
    .transform(Number)
    .pipe(number)
    .optional()
    .transform((value) => value ?? byDefault);
  return documented(given, number.default(byDefault));
}

/** A link to a file: http or https. */
export const fileUrl = storable().max(LIMITS.URL_MAX).refine(isHttpUrl, 'must be an http or https address');

function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text)) return false;
  try {
    return Boolean(new URL(text).hostname);
  } catch {
    return false;
  }
}
