// Times between PostgreSQL's text and the ISO 8601 UTC strings that clients get.

/** `2026-01-31 09:05:07.1` (UTC, as PostgreSQL prints a timestamp; in JSON with a `T` between) as `2026-01-31T09:05:07.100Z`. */
export function isoTime(timestamp: string): string {
  // As we write them: to the millisecond, and most of them without a zero at the end.
  if (timestamp.length === 23) return `${timestamp.slice(0, 10)}T${timestamp.slice(11)}Z`;
  const fraction = timestamp.slice(20, 23).padEnd(3, '0');
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, 19)}.${fraction}Z`;
}
