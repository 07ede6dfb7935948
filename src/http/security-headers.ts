// What browsers may do with our answers: the API's bodies run nothing, the docs page runs its own files alone.
import type { ResponseHeaders } from './environment.ts';

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

/** On every answer. Those that are for browsers long gone, or mean nothing for an API, are left out. */
export const SECURITY_HEADERS: Readonly<ResponseHeaders> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY.join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=15552000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '0',
};
