// The one place where a schema meets what somebody else sent. Untrusted input: gives a result, never throws.
import type { z } from 'zod';
import type { ErrorDetail } from './errors.ts';

export type Decoded<T> =
  | { readonly ok: true; readonly data: T }
  | { readonly ok: false; readonly details: ErrorDetail[] };

/** A list of thousands of wrong items is answered in less than it took to send. */
const DETAILS_MAX = 100;

/** What a schema makes of a value, or where and why it does not fit: never the value. */
export function decode<S extends z.ZodType>(schema: S, input: unknown): Decoded<z.output<S>> {
  try {
    const parsed = schema.safeParse(input);
    if (parsed.success) return { ok: true, data: parsed.data };
    return { ok: false, details: parsed.error.issues.slice(0, DETAILS_MAX).map(toDetail) };
  } catch {
    // A schema that trips over a value does not take it. Without the error: its message may quote the value.
    return { ok: false, details: [{ path: '', message: 'cannot be read' }] };
  }
}

function toDetail({ path, message }: z.core.$ZodIssue): ErrorDetail {
  return { path: path.map(String).join('.'), message };
}
