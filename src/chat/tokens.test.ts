import { createHmac } from 'node:crypto';
import { sign } from 'hono/jwt';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../backends/clock/clock.ts';
import { createTokens } from './tokens.ts';

const secret = 'a secret of the tests, long enough for HS256';
const user = { id: 7, email: 'ann@example.com', username: 'ann' };

const signatureOf = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('base64url');

function setUp(expiresIn = '1h', otherSecrets: readonly string[] = []) {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => now } as Clock;
  const [signature, accepted] = [signatureOf(secret), otherSecrets.map(signatureOf)];
  const tokens = createTokens({ secret, signature, accepted, expiresIn, clock });
  const seconds = () => Math.floor(now / 1000);
  const pass = (ms: number) => {
    now += ms;
  };
  return { tokens, seconds, pass };
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('issue', () => {
  it('gives a token that says who and until when', async () => {
    const { tokens, seconds } = setUp('7d');
    const token = await tokens.issue(user);
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const iat = seconds();
    expect(payload).toEqual({ userId: 7, email: 'ann@example.com', username: 'ann', iat, exp: iat + 604_800 });
    expect(await tokens.verify(token)).toEqual({ userId: 7, expiresAt: (iat + 604_800) * 1000 });
  });

  it('refuses to start with what is no duration', () => {
    expect(() => setUp('soon')).toThrow(RangeError);
  });
});

describe('verify', () => {
  it('takes tokens of the former service: userId or id, numbers or numeric strings', async () => {
    const { tokens, seconds } = setUp();
    const exp = seconds() + 60;
    for (const claims of [{ userId: 7 }, { id: 7 }, { userId: '7' }, { id: '7' }, { userId: 7, id: 8 }]) {
      const token = await sign({ ...claims, exp }, secret, 'HS256');
      expect(await tokens.verify(token), JSON.stringify(claims)).toEqual({ userId: 7, expiresAt: exp * 1000 });
    }
  });

  it('takes a token without an end, and one whose issuer is a little ahead', async () => {
    const { tokens, seconds } = setUp();
    const endless = await sign({ userId: 7 }, secret, 'HS256');
    expect(await tokens.verify(endless)).toEqual({ userId: 7, expiresAt: Number.POSITIVE_INFINITY });
    const ahead = await sign({ userId: 7, iat: seconds() + 30, exp: seconds() + 60 }, secret, 'HS256');
    expect(await tokens.verify(ahead)).toBeDefined();
  });

  it('refuses a token at its end, also one that it has seen before', async () => {
    const { tokens, pass } = setUp('10s');
    const token = await tokens.issue(user);
    pass(9_999);
    expect(await tokens.verify(token)).toBeDefined();
    pass(1);
    expect(await tokens.verify(token)).toBeUndefined();
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('takes tokens of the other secrets that it was given, to their end, and signs with its own alone', async () => {
    const { tokens, seconds, pass } = setUp('10s', ['the next secret', 'the last secret']);
    const exp = seconds() + 10;
    const signed = await Promise.all(
      [secret, 'the next secret', 'the last secret'].map((key) => sign({ userId: 7, exp }, key, 'HS256')),
    );
    const foreign = await sign({ userId: 7, exp }, 'an older secret', 'HS256');
    const issued = await tokens.issue(user);
    for (const token of [...signed, issued]) expect(await tokens.verify(token)).toBeDefined();
    expect(await tokens.verify(foreign)).toBeUndefined();
    expect(await setUp().tokens.verify(issued)).toBeDefined();
    pass(10_000);
    for (const token of [...signed, issued]) expect(await tokens.verify(token)).toBeUndefined();
  });

  it('refuses a token that is not good yet', async () => {
    const { tokens, seconds, pass } = setUp();
    const token = await sign({ userId: 7, nbf: seconds() + 10 }, secret, 'HS256');
    expect(await tokens.verify(token)).toBeUndefined();
    pass(10_000);
    expect(await tokens.verify(token)).toBeDefined();
  });

  it('refuses other algorithms and other secrets', async () => {
    const { tokens } = setUp();
    const claims = { userId: 7 };
    const unsigned = [
      `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`,
      `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.`,
    ];
    const signed = await Promise.all([
      sign(claims, secret, 'HS384'),
      sign(claims, secret, 'HS512'),
      sign(claims, `${secret}.`, 'HS256'),
    ]);
    for (const token of [...unsigned, ...signed]) expect(await tokens.verify(token), token).toBeUndefined();
  });

  it('refuses a token whose claims were changed', async () => {
    const { tokens } = setUp();
    const [header, , signature] = (await tokens.issue(user)).split('.');
    expect(await tokens.verify(`${header}.${part({ userId: 8 })}.${signature}`)).toBeUndefined();
  });

  it('refuses garbage without throwing', async () => {
    const { tokens } = setUp();
    for (const token of ['', '.', '..', 'x', 'a.b.c', '😀.😀.😀', 'null', '%%%.%%%.%%%', 'x'.repeat(100_000)]) {
      expect(await tokens.verify(token)).toBeUndefined();
    }
  });

  it.each([
    {},
    { userId: null },
    { userId: 0 },
    { userId: -1 },
    { userId: 1.5 },
    { userId: 'ann' },
    { userId: '7; drop' },
    { userId: 2 ** 31 },
    { userId: [7] },
    { userId: { id: 7 } },
    { userId: true },
    { userId: 7, exp: 'tomorrow' },
    { userId: 7, exp: null },
    { userId: 7, nbf: 'tomorrow' },
  ])('refuses the claims %j', async (claims) => {
    const { tokens } = setUp();
    expect(await tokens.verify(await sign(claims as Record<string, unknown>, secret, 'HS256'))).toBeUndefined();
  });

  it('refuses a signed payload that is no object', async () => {
    const { tokens } = setUp();
    const claims: unknown[] = ['7', 7, null, [{ userId: 7 }]];
    for (const payload of claims) {
      const token = await sign(payload as Record<string, unknown>, secret, 'HS256');
      expect(await tokens.verify(token)).toBeUndefined();
    }
  });
});
