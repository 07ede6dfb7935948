// Durations as settings write them: `90s`, `15m`, `24h`, `7d`, or a plain number of seconds.

const SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
/** More than a century must be a mistake. */
const MAX_SECONDS = 100 * 366 * SECONDS.d;

/** Returns whole seconds, at least 1. Returns undefined if the text is no duration. */
export function durationSeconds(text: string): number | undefined {
  const match = /^(\d{1,10})\s*([smhdw]?)$/.exec(text.trim().toLowerCase());
  if (!match) return undefined;
  const seconds = Number(match[1]) * SECONDS[(match[2] || 's') as keyof typeof SECONDS];
  return seconds >= 1 && seconds <= MAX_SECONDS ? seconds : undefined;
}
