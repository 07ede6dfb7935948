// The headers that every answer has: of the API, of pages, and of what is refused before either is asked.

/** By name, in one spelling: the record tells cases apart. */
export type AnswerHeaders = Record<string, string>;

/** What browsers may do with our answers: the API's bodies run nothing, the docs page runs its own files alone. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets styles of single elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

/** Those that are for browsers long gone, or mean nothing for an API, are left out. */
const ON_EVERY_ANSWER: Readonly<AnswerHeaders> = {
  // Nobody keeps an answer: what one user gets is for nobody else. Files that may be kept say so themselves.
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

/** A record of its own for each answer, to which others are added. */
export function answerHeaders(requestId: string): AnswerHeaders {
  // In this order: behind the spread object the id would give each record a shape of its own.
  return { 'X-Request-Id': requestId, ...ON_EVERY_ANSWER };
}
