// The zod building blocks that requests and frames share.
import * as z from 'zod';
import { LIMITS } from './limits.ts';

/** True if PostgreSQL can store the string and JSON can carry it: no NUL, no lone surrogate. */
export function isStorable(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

/**
 * zod compares the `length` of any value that has one, and throws if that cannot be compared. So every string and list
 * begins with a check that skips all others if the value is of another type.
 */
function only<T>(isRight: (value: unknown) => boolean): z.core.$ZodCheck<T> {
  const check = z.check<T>((payload) => {
    if (!isRight(payload.value)) payload.aborted = true;
  });
  // Checks that have a condition run even if the type was wrong.
  check._zod.def.when = () => true;
  return check;
}

/** Any string. Use `storable` for what goes to the database. */
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
 * The schema that the OpenAPI document shows in place of one that accepts more than clients need to know: what older
 * clients send, and numbers that arrive as text in a query.
 */
export const documentedAs = new WeakMap<z.ZodType, z.ZodType>();

/** Makes the OpenAPI document show another schema in place of this one. */
export function documented<S extends z.ZodType>(schema: S, shown: z.ZodType): S {
  documentedAs.set(schema, shown);
  return schema;
}

const idNumber = z.int().min(1).max(LIMITS.MAX_ID);

/** An id or another positive 32-bit number, as a number or a decimal string. Decodes to the number. */
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

/** An event's number in a log: 0 is "before the first event". */
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

/** The number of the last event that a client has. Decodes to the number, or undefined if absent. */
export const since = seq.nullish().transform((value) => value ?? undefined);

/** An optional string. Older clients send `null` or `''` for "none". Decodes to the string or null. */
export function optionalText(schema: z.ZodType<string, string> = storable()): z.ZodType<string | null, unknown> {
  const given = z.preprocess((value) => (value === '' ? null : value), schema.nullable());
  return documented(given, schema.nullable()).default(null);
}

/** An optional id; `null` means absent. Decodes to the number or null. */
export const optionalId = z.union([id, z.null()], 'must be an integer').default(null);

/** A number in a query. Decodes to `byDefault` if it is absent. */
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

/** A list of ids in a query, with commas between them. Decodes to the different ones. */
export function queryIds(max: number): z.ZodType<number[], string> {
  const given = z
    .string()
    .regex(/^\d{1,10}(,\d{1,10})*$/, 'must be ids with commas between them')
    .transform((value) => value.split(',').map(Number))
    .refine((ids) => ids.every((one) => one >= 1 && one <= LIMITS.MAX_ID), 'must be ids with commas between them')
    .refine((ids) => ids.length <= max, `must be at most ${max} ids`)
    .transform((ids) => [...new Set(ids)]);
  return documented(given, z.string().meta({ examples: ['1,2,3'], pattern: '^\\d{1,10}(,\\d{1,10})*$' }));
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
