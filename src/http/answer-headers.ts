// The headers of every answer: of the API, of pages, and of requests that are refused before either sees them.

/** By name. Spell each name in one way, because the record is case-sensitive. */
export type AnswerHeaders = Record<string, string>;

/** What browsers may do with our answers: bodies of the API run nothing, and the docs page runs only its own files. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets inline styles.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Leaves out headers for browsers long gone, and headers that mean nothing for an API. */
const ON_EVERY_ANSWER: Readonly<AnswerHeaders> = {
  // No cache keeps an answer, because it is for one user only. Files that may be cached say so themselves.
  'Cache-Control': 'no-store',
  'Content-Security-Policy': CONTENT_SECURITY_POLICY.join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '0',
};

/** Returns a new record for each answer, so that more headers can be added to it. */
export function answerHeaders(requestId: string): AnswerHeaders {
  // The id comes first, because after the spread object it would give each record a shape of its own.
  return { 'X-Request-Id': requestId, ...ON_EVERY_ANSWER };
}
