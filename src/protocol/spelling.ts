// Turns the names of the REST interface into those of frames: `updatedSeq` into `updated_seq`.
import type * as z from 'zod';

type Snake<S extends string> = S extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${Snake<Rest>}`
  : '';

/** The same fields, with the names of frames. */
export type Spelled<T> = { [K in keyof T & string as Snake<K>]: T[K] };

/** The fields of an object's schema, with the names of frames. */
export function spelled<T extends z.ZodRawShape>(shape: T): Spelled<T> {
  const fields = Object.entries(shape).map(([name, schema]) => [toSnake(name), schema]);
  return Object.fromEntries(fields) as Spelled<T>;
}

function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
