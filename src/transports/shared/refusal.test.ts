// What is refused before the API sees it is answered like what the API refuses.
import { expect, test } from 'vitest';
import { createSilentLogger } from '../../../tests/support/silent-logger.ts';
import { ChatError } from '../../protocol/errors.ts';
import { createRefuse } from './refusal.ts';

const refuse = createRefuse(createSilentLogger());

test('with the shape of failures, an id, and the headers of every answer', () => {
  const { status, headers, body } = refuse(new ChatError('UNAUTHORIZED'));
  expect(status).toBe(401);
  expect(JSON.parse(body)).toEqual({
    success: false,
    code: 'UNAUTHORIZED',
    message: expect.stringMatching(/\S/),
    requestId: headers['X-Request-Id'],
  });
  expect(headers).toMatchObject({
    'Cache-Control': 'no-store',
    'Content-Length': String(body.length),
    'Content-Type': 'application/json',
    'WWW-Authenticate': 'Bearer',
    'X-Content-Type-Options': 'nosniff',
  });
});

test('with what a limit tells', () => {
  const rateLimit = { limit: 20, resetAt: 1_767_268_800_000 };
  const { status, headers } = refuse(new ChatError('RATE_LIMITED', undefined, { retryAfterMs: 1_500, rateLimit }));
  expect(status).toBe(429);
  expect(headers).toMatchObject({
    'Retry-After': '2',
    'X-RateLimit-Limit': '20',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '1767268800',
  });
});
