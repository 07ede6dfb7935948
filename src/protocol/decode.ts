// The only place where a schema reads untrusted input. The result says if it is wrong, nothing throws.
import type { z } from 'zod';
import type { ErrorDetail } from './errors.ts';

export type Decoded<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly details: ErrorDetail[] };

/** Keeps the answer to a list of thousands of wrong items shorter than the list. */
const DETAILS_MAX = 100;

/** Reads a value with a schema. The details say where and why it does not fit, but never quote the value. */
export function decode<S extends z.ZodType>(schema: S, input: unknown): Decoded<z.output<S>> {
  try {
    const parsed = schema.safeParse(input);
    if (parsed.success) return { ok: true, data: parsed.data };
    return { ok: false, details: parsed.error.issues.slice(0, DETAILS_MAX).map(toDetail) };
  } catch {
    // The schema threw. Its error is left out because the message may quote the value.
    return { ok: false, details: [{ path: '', message: 'cannot be read' }] };
  }
}

function toDetail({ path, message }: z.core.$ZodIssue): ErrorDetail {
  return { path: path.map(String).join('.'), message };
}
