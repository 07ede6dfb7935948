// Metadata: an object that clients keep with something of the service, which neither reads nor searches it. It is stored
// and shown as it was given, `__proto__` included, which is a key like any other.
import * as z from 'zod';
import { documented, isStorable } from './fields.ts';
import { LIMITS } from './limits.ts';

export type Metadata = Readonly<Record<string, unknown>>;

const TOO_LARGE = `must have at most ${LIMITS.METADATA_BYTES} bytes as JSON`;
const TOO_DEEP = `must not be nested deeper than ${LIMITS.METADATA_DEPTH}`;
const NOT_STORABLE = 'must not contain NUL or a lone surrogate';
const NOT_JSON = 'must be JSON';

const utf8 = new TextEncoder();

interface Scan {
  /** How many more values fit, because each has a byte at least. */
  left: number;
  /** PostgreSQL writes numbers such as 1e300 out. So many bytes more than in JavaScript's form. */
  extraBytes: number;
}

/** Returns what is wrong with it, or undefined. Looks at no more values than fit. */
export function metadataProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'must be an object';
  const scan: Scan = { left: LIMITS.METADATA_BYTES, extraBytes: 0 };
  const problem = scanValue(value, 1, scan);
  if (problem !== undefined) return problem;
  const bytes = utf8.encode(JSON.stringify(value)).length + scan.extraBytes;
  return bytes > LIMITS.METADATA_BYTES ? TOO_LARGE : undefined;
}

function scanValue(value: unknown, depth: number, scan: Scan): string | undefined {
  scan.left -= 1;
  if (scan.left < 0) return TOO_LARGE;
  if (value === null || typeof value === 'boolean') return undefined;
  if (typeof value === 'string') return isStorable(value) ? undefined : NOT_STORABLE;
  if (typeof value === 'number') return scanNumber(value, scan);
  if (!Array.isArray(value) && !isObject(value)) return NOT_JSON;
  if (depth > LIMITS.METADATA_DEPTH) return TOO_DEEP;
  if (!Array.isArray(value) && !Object.keys(value).every(isStorable)) return NOT_STORABLE;
  const items: unknown[] = Array.isArray(value) ? value : Object.values(value);
  if (items.length > scan.left) return TOO_LARGE;
  for (const item of items) {
    const problem = scanValue(item, depth + 1, scan);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function scanNumber(value: number, scan: Scan): string | undefined {
  if (!Number.isFinite(value)) return NOT_JSON;
  const exponent = /e[+-](\d+)$/.exec(String(value))?.[1];
  if (exponent !== undefined) scan.extraBytes += Number(exponent);
  return undefined;
}

/** Not for what only transports make, such as the bytes of an attachment. */
function isObject(value: unknown): value is Metadata {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** What readers get. */
export const shownMetadata = z.record(z.string(), z.unknown()).meta({ examples: [{ color: 'green' }] });

/** What clients give. Decodes to the same object, uncopied. */
export const metadata: z.ZodType<Metadata, unknown> = documented(
  z.custom<Metadata>().check((payload) => {
    const message = metadataProblem(payload.value);
    if (message !== undefined) payload.issues.push({ code: 'custom', input: payload.value, message });
  }),
  shownMetadata,
);
