// How a part of an object that clients keep in the service is changed: by a JSON merge patch (RFC 7396).
import type { Metadata } from './metadata.ts';

/** Returns `target` with the fields of `patch`. Those that are null there are removed. */
export function merged(target: unknown, patch: Metadata): Metadata {
  // Not by assignments, because a field may be called __proto__.
  const fields = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, isObject(value) ? merged(fields.get(name), value) : value);
  }
  return Object.fromEntries(fields);
}

function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
