// JSON objects that clients keep in the service, and how a part of one is changed (RFC 7396).
import * as z from 'zod';
import { isStorable } from './fields.ts';

export const OBJECT_BYTES_MAX = 4096;
const DEPTH_MAX = 5;

export type JsonObject = Record<string, unknown>;

/** An object that can be stored, at most 4 KiB as JSON and 5 levels deep. It is never copied field by field. */
export const jsonObject = z.custom<JsonObject>(
  isKeepable,
  `must be an object of at most ${OBJECT_BYTES_MAX} bytes and ${DEPTH_MAX} levels`,
);

export function isKeepable(value: unknown): value is JsonObject {
  return isObject(value) && isShallow(value, DEPTH_MAX) && bytesOf(value) <= OBJECT_BYTES_MAX;
}

/** Also checks each string and name in it. */
function isShallow(value: unknown, levels: number): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  return Object.entries(value).every(([name, each]) => isStorable(name) && isShallow(each, levels - 1));
}

function bytesOf(value: object): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns `target` with the fields of `patch`. Those that are null there are removed. */
export function merged(target: unknown, patch: JsonObject): JsonObject {
  // Not by assignments, because a field may be called __proto__.
  const fields = new Map<string, unknown>(isObject(target) ? Object.entries(target) : []);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) fields.delete(name);
    else fields.set(name, isObject(value) ? merged(fields.get(name), value) : value);
  }
  return Object.fromEntries(fields);
}
