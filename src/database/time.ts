// Turns PostgreSQL's text of a time into the ISO 8601 UTC string that clients get.

/**
 * Turns `2026-01-31 09:05:07.1` (UTC, as PostgreSQL prints it; in JSON with a `T` between) into
 * `2026-01-31T09:05:07.100Z`.
 */
export function isoTime(timestamp: string): string {
  // The form in which we write most times: with three digits of a second.
  if (timestamp.length === 23) return `${timestamp.slice(0, 10)}T${timestamp.slice(11)}Z`;
  const fraction = timestamp.slice(20, 23).padEnd(3, '0');
  return `${timestamp.slice(0, 10)}T${timestamp.slice(11, 19)}.${fraction}Z`;
}
