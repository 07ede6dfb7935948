// Which origins may open a connection, read without a socket.
import { expect, test } from 'vitest';
import { createOriginCheck } from './origin-check.ts';

const LISTED = ['https://chat.example'];

function isAllowed(
  headers: Record<string, string>,
  { allowed = LISTED as readonly string[] | '*', trustProxy = false } = {},
) {
  return createOriginCheck(allowed, trustProxy)({ headers });
}

test.each<[string | undefined, boolean]>([
  [undefined, true],
  ['https://chat.example', true],
  ['https://Chat.example', true],
  ['https://chat.example.evil', false],
  ['https://chat.example:8443', false],
  ['http://chat.example', false],
  ['null', false],
  ['', false],
])('of a list: %s', (origin, expected) => {
  const headers = { host: 'service.example', ...(origin !== undefined && { origin }) };
  expect(isAllowed(headers)).toBe(expected);
  expect(isAllowed(headers, { allowed: '*' })).toBe(true);
});

test.each([
  ['http://service.example', 'service.example', true],
  ['http://service.example', 'Service.Example:80', true],
  ['http://service.example:3000', 'service.example:3000', true],
  ['http://127.0.0.1:3000', '127.0.0.1:3000', true],
  ['http://[::1]:3000', '[::1]:3000', true],
  // The service speaks plain HTTP, so to it a page over TLS comes from somewhere else.
  ['https://service.example', 'service.example', false],
  ['http://service.example:3000', 'service.example:3001', false],
  ['http://service.example', 'service.example.evil', false],
  ['http://evil.example', 'service.example', false],
  ['null', 'null', false],
  ['ws://service.example', 'service.example', false],
  ['http://user@service.example', 'service.example', false],
  ['http://service.example/page', 'service.example', false],
])('the own one: a page of %s at the host %s: %s', (origin, host, expected) => {
  expect(isAllowed({ origin, host })).toBe(expected);
});

test('without a Host there is no own origin', () => {
  expect(isAllowed({ origin: 'http://undefined' })).toBe(false);
});

test.each<[Record<string, string>, boolean]>([
  [{ host: 'node:3000', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'service.example' }, true],
  [{ host: 'service.example', 'x-forwarded-proto': 'https' }, true],
  [{ host: 'service.example', 'x-forwarded-proto': 'http, https' }, true],
  [{ host: 'service.example', 'x-forwarded-proto': 'https, http' }, false],
  [{ host: 'service.example' }, false],
  [{ host: 'service.example', 'x-forwarded-proto': 'javascript' }, false],
  [{ host: 'service.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example, b.example' }, false],
  [{ host: 'a.example', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'a.example, service.example:443' }, true],
])('behind a trusted proxy the own one is what that has forwarded: %o', (headers, expected) => {
  const request = { ...headers, origin: 'https://service.example' };
  expect(isAllowed(request, { trustProxy: true })).toBe(expected);
  expect(isAllowed(request)).toBe(false);
});
