// The zod building blocks of what clients get, in resources and frames. Times are ISO 8601 UTC.
import * as z from 'zod';
import { LIMITS } from './limits.ts';

export const shownTime = z.string().meta({ format: 'date-time', examples: ['2026-01-01T12:00:00.000Z'] });

export const shownId = z
  .int()
  .min(1)
  .max(LIMITS.MAX_ID)
  .meta({ examples: [1] });

export const shownSeq = z
  .int()
  .min(0)
  .max(LIMITS.MAX_ID)
  .meta({ examples: [1] });

export const shownAvatar = z
  .string()
  .nullable()
  .meta({ examples: ['https://example.com/ada.png'] });

/** A string or null, with an example for the document. */
export function shownText(example: string | null) {
  return z
    .string()
    .nullable()
    .meta({ examples: [example] });
}
