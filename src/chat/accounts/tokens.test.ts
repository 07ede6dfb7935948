import { createHash, createHmac, randomBytes } from 'node:crypto';
import { sign } from 'hono/jwt';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../backends/clock/clock.ts';
import type { TokenClaims } from './principal.ts';
import { createSessionEnds } from './session-ends.ts';
import { createTokens } from './tokens.ts';

const secret = randomBytes(32).toString('base64url');
const user = { id: 7, email: 'ann@example.com', username: 'ann' };

const digest = (text: string) => createHash('sha256').update(text).digest('base64url');
const signatureOf = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('base64url');

function setUp(expiresIn = '1h', otherSecrets: readonly string[] = []) {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => now } as Clock;
  const ends = createSessionEnds(100);
  ends.reachBackTo(Number.NEGATIVE_INFINITY);
  const asked: TokenClaims[] = [];
  const wasEnded = async (claims: TokenClaims) => {
    asked.push(claims);
    return claims.generation === 0;
  };
  const tokens = createTokens({ secret, accepted: otherSecrets, digest, expiresIn, ends, wasEnded, clock });
  const seconds = () => Math.floor(now / 1000);
  const pass = (ms: number) => {
    now += ms;
  };
  return { tokens, ends, asked, seconds, pass };
}

const subtleKey = (key: string) =>
  crypto.subtle.importKey('raw', Buffer.from(key), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('issue', () => {
  it('issues a token that says who it is for and when it expires', async () => {
    const { tokens, seconds } = setUp('7d');
    const token = await tokens.issue(user);
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const iat = seconds();
    expect(payload).toEqual({
      ...{ userId: 7, email: 'ann@example.com', username: 'ann', iat, exp: iat + 604_800 },
      ...{ gen: 0, jti: expect.any(String) },
    });
    expect(await tokens.verify(token)).toEqual({
      ...{
        userId: 7,
        expiresAt: (iat + 604_800) * 1000,
        issuedAt: iat * 1000,
        generation: 0,
        tokenId: digest(token),
        checkedVersion: 0,
      },
    });
  });

  it('never issues the same token twice', async () => {
    const { tokens } = setUp();
    const issued = await Promise.all(Array.from({ length: 100 }, () => tokens.issue(user)));
    expect(new Set(issued).size).toBe(100);
  });

  it('refuses to start with something that is not a duration', () => {
    expect(() => setUp('soon')).toThrow(RangeError);
  });
});

describe('verify', () => {
  it('accepts tokens of the former service: userId or id, numbers or numeric strings', async () => {
    const { tokens, seconds } = setUp();
    const exp = seconds() + 60;
    for (const claims of [{ userId: 7 }, { id: 7 }, { userId: '7' }, { id: '7' }, { userId: 7, id: 8 }]) {
      const token = await sign({ ...claims, exp }, secret, 'HS256');
      expect(await tokens.verify(token), JSON.stringify(claims)).toMatchObject({ userId: 7, expiresAt: exp * 1000 });
    }
  });

  it('accepts a token without an end for as long as one of ours', async () => {
    const { tokens, seconds, pass } = setUp('1h');
    const endless = await sign({ userId: 7, iat: seconds() - 600 }, secret, 'HS256');
    const old = await sign({ userId: 7, iat: seconds() - 3600 }, secret, 'HS256');
    expect(await tokens.verify(endless)).toMatchObject({ userId: 7, expiresAt: (seconds() + 3000) * 1000 });
    expect(await tokens.verify(old)).toBeUndefined();
    pass(3_000_000);
    expect(await tokens.verify(endless)).toBeUndefined();
  });

  it('accepts a token from an issuer whose clock is a little ahead', async () => {
    const { tokens, seconds } = setUp();
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

  it('accepts tokens of the other secrets until they expire, and signs only with its own', async () => {
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

  it('refuses a token that is not valid yet', async () => {
    const { tokens, seconds, pass } = setUp();
    const token = await sign({ userId: 7, nbf: seconds() + 10, exp: seconds() + 60 }, secret, 'HS256');
    expect(await tokens.verify(token)).toBeUndefined();
    pass(10_000);
    expect(await tokens.verify(token)).toBeDefined();
  });

  it('refuses other algorithms and other secrets', async () => {
    const { tokens } = setUp();
    const claims = { userId: 7, exp: 4e9 };
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

  it('accepts a signature only in its canonical spelling, so that no other one outlives a logout', async () => {
    const { tokens } = setUp();
    const token = await tokens.issue(user);
    const next = String.fromCharCode(token.charCodeAt(token.length - 1) + 1);
    const spellings = [`${token.slice(0, -1)}${next}`, `${token}=`, `${token} `, `${token}\n`];
    for (const other of spellings) expect(await tokens.verify(other), other).toBeUndefined();
    expect(await tokens.verify(token)).toBeDefined();
  });

  it.each(['a secret with PRIVATE in it', 'a secret with PUBLIC in it', 'ein Schlüssel 🔑'])(
    'signs with %j',
    async (odd) => {
      const token = await sign({ userId: 7, exp: 4e9 }, await subtleKey(odd), 'HS256');
      expect(await setUp('1h', [odd]).tokens.verify(token)).toBeDefined();
    },
  );

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
    { userId: 7, aud: 'another service' },
    { userId: 7, aud: ['another service'] },
    { userId: 7, aud: null },
  ])('refuses the claims %j', async (claims) => {
    const { tokens } = setUp();
    const lasting = { exp: 4e9, ...claims } as Record<string, unknown>;
    expect(await tokens.verify(await sign(lasting, secret, 'HS256'))).toBeUndefined();
  });

  it.each([{}, { iat: 'yesterday' }, { iat: null }])(
    'refuses a token that says neither end nor age: %j',
    async (age) => {
      const { tokens } = setUp();
      expect(
        await tokens.verify(await sign({ userId: 7, ...age } as Record<string, unknown>, secret, 'HS256')),
      ).toBeUndefined();
    },
  );

  it('refuses a token with headers that it does not know, and accepts the usual ones', async () => {
    const { tokens } = setUp();
    const signed = (head: object) => {
      const text = `${part({ alg: 'HS256', ...head })}.${part({ userId: 7, exp: 4e9 })}`;
      return `${text}.${signatureOf(secret)(text)}`;
    };
    for (const head of [{}, { kid: 'x' }, { typ: 'JWT' }]) expect(await tokens.verify(signed(head))).toBeDefined();
    expect(await tokens.verify(signed({ typ: 'at+jwt' }))).toBeUndefined();
    for (const crit of [['b64'], ['exp'], [], 'b64', null]) {
      expect(await tokens.verify(signed({ crit, b64: false })), `${crit}`).toBeUndefined();
    }
  });

  it('refuses a signed payload that is not an object', async () => {
    const { tokens } = setUp();
    const claims: unknown[] = ['7', 7, null, [{ userId: 7 }]];
    for (const payload of claims) {
      const token = await sign(payload as Record<string, unknown>, secret, 'HS256');
      expect(await tokens.verify(token)).toBeUndefined();
    }
  });
});

describe('inspect', () => {
  it('tells a forged token from one that was valid once or is for something else', async () => {
    const { tokens, seconds, ends, pass } = setUp('10s');
    const isForged = async (token: string) => {
      const judged = await tokens.inspect(token);
      return judged.claims ? 'good' : judged.isForged;
    };
    const issued = await tokens.issue(user);
    expect(await isForged(issued)).toBe('good');
    const [head, body, signature] = issued.split('.') as [string, string, string];
    const changed = `${signature.slice(0, -2)}${signature.endsWith('A') ? 'B' : 'A'}A`;
    const { tokenId } = (await tokens.verify(issued)) as TokenClaims;
    for (const token of ['', 'x', 'a.b', 'a.b.c', `${head}.${body}.`, `${head}.${body}.${changed}`, `${issued}.x`]) {
      expect(await isForged(token), token).toBe(true);
    }
    const exp = seconds() + 60;
    for (const claims of [{ userId: 7, exp: 1 }, { exp }, { userId: 7, exp, aud: 'x' }, { userId: 7, exp, nbf: exp }]) {
      expect(await isForged(await sign(claims, secret, 'HS256')), JSON.stringify(claims)).toBe(false);
    }
    ends.note({ tokenId, userId: 7, endedAt: 0 });
    expect(await isForged(issued)).toBe(false);
    const other = await tokens.issue(user);
    pass(10_000);
    expect(await isForged(other)).toBe(false);
  });
});

describe('an ended session', () => {
  it('is refused as soon as its end is known, even if the token was seen before', async () => {
    const { tokens, ends } = setUp();
    const [one, other] = [await tokens.issue(user), await tokens.issue(user)];
    const { tokenId } = (await tokens.verify(one)) as TokenClaims;
    ends.note({ tokenId, userId: 7, endedAt: 0 });
    expect(await tokens.verify(one)).toBeUndefined();
    expect(await tokens.verify(one)).toBeUndefined();
    expect(await tokens.verify(other)).toBeDefined();
  });

  it('is refused whichever of our secrets signed its token', async () => {
    const { tokens, ends, seconds } = setUp('1h', ['the next secret']);
    const token = await sign({ userId: 7, iat: seconds(), exp: seconds() + 60 }, 'the next secret', 'HS256');
    expect(await tokens.verify(token)).toBeDefined();
    ends.note({ userId: 7, generation: 1, keptTokenId: null, endedAt: seconds() * 1000 });
    expect(await tokens.verify(token)).toBeUndefined();
  });

  it('is looked up in the database only if memory does not reach back so far', async () => {
    const { tokens, ends, asked, seconds } = setUp('90d');
    ends.reachBackTo((seconds() - 2 * 86_400) * 1000);
    const recent = await tokens.issue(user);
    expect(await tokens.verify(recent)).toBeDefined();
    expect(asked).toEqual([]);
    const times = { iat: seconds() - 30 * 86_400, exp: seconds() + 60 };
    const bad = await sign({ userId: 7, ...times, gen: 0 }, secret, 'HS256');
    const good = await sign({ userId: 7, ...times, gen: 1 }, secret, 'HS256');
    expect(await tokens.verify(bad)).toBeUndefined();
    expect(await tokens.verify(good)).toBeDefined();
    expect(await tokens.verify(good)).toBeDefined();
    expect(asked.map(({ generation }) => generation)).toEqual([0, 1]);
  });
});
