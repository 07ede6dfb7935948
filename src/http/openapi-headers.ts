// The response headers, as the published document describes them.
import type { ErrorCode } from '../protocol/errors.ts';
import type { Access } from './route.ts';

const header = (description: string, schema: object) => ({ description, schema });
const integer = (description: string, minimum: number, example: number) =>
  header(description, { type: 'integer', minimum, examples: [example] });

/** All response headers by name, as components of the document. */
export const RESPONSE_HEADERS = {
  'X-Request-Id': header('The id of this request, also in a failure and in the log of the service.', {
    type: 'string',
    examples: ['4f1c2d3e-8a7b-4c5d-9e6f-0a1b2c3d4e5f'],
  }),
  'X-RateLimit-Limit': integer('Calls that the window allows.', 1, 100),
  'X-RateLimit-Remaining': integer('Calls that are left in the window.', 0, 99),
  'X-RateLimit-Reset': integer('When the window ends, in seconds since 1970.', 0, 1767268800),
  'Retry-After': integer('Seconds after which the same call may succeed.', 0, 60),
  'WWW-Authenticate': header('How to sign in.', { type: 'string', examples: ['Bearer'] }),
};

const LIMITED = ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];
const OF_CODE: Readonly<Partial<Record<ErrorCode, string>>> = {
  UNAUTHORIZED: 'WWW-Authenticate',
  RATE_LIMITED: 'Retry-After',
  UNAVAILABLE: 'Retry-After',
};

/** Returns references to the headers of an answer, or of a failure with these codes. A limit that is off sends none. */
export function headersOf(access: Access, codes: readonly ErrorCode[] = []): Record<string, { $ref: string }> {
  const names = [
    'X-Request-Id',
    ...(access === 'open' ? [] : LIMITED),
    ...codes.flatMap((code) => OF_CODE[code] ?? []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
