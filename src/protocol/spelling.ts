// Frames spell the names of the REST interface in their own way: `updatedSeq` is `updated_seq` there.
import type * as z from 'zod';

type Snake<S extends string> = S extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${Snake<Rest>}`
  : '';

/** The same fields under the names of frames. */
export type Spelled<T> = { [K in keyof T & string as Snake<K>]: T[K] };

/** The fields of an object's schema under the names of frames. */
export function spelled<T extends z.ZodRawShape>(shape: T): Spelled<T> {
  const fields = Object.entries(shape).map(([name, schema]) => [toSnake(name), schema]);
  return Object.fromEntries(fields) as Spelled<T>;
}

function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
