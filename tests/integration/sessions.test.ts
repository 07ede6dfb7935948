// Ends of sessions in the database: what every node learns of them, and what a restart, two clocks and a race leave of them.
import { hash as bcrypt } from '@node-rs/bcrypt';
import { sql } from 'drizzle-orm';
import { sign as signJwt } from 'hono/jwt';
import { expect, it } from 'vitest';
import { createPasswords } from '../../src/chat/accounts/passwords.ts';
import type { TokenClaims } from '../../src/chat/accounts/principal.ts';
import { createSessionEnds } from '../../src/chat/accounts/session-ends.ts';
import { createSessions } from '../../src/chat/accounts/sessions.ts';
import { createTokens } from '../../src/chat/accounts/tokens.ts';
import { digest } from '../../src/runtime/platform/digest.ts';
import { type Chat, describeChat, SECRET } from './chat-under-test.ts';

const password = 'correct horse';
let serial = 0;

async function newcomer(chat: Chat) {
  serial += 1;
  const body = { username: `sessions${serial}`, email: `sessions${serial}@example.com`, password };
  const { user, token } = await chat.accounts.register(body);
  return { ...body, user, token };
}

async function claimsOf(chat: Chat, token: string): Promise<TokenClaims> {
  const claims = await chat.tokens.verify(token);
  if (!claims) throw new Error('The token is not good');
  return claims;
}

/** Another node on the same database, or this one after a restart: it knows nothing yet. `aheadMs`: of its clock. */
function node({ db }: Chat, { maxEnds = 1000, aheadMs = 0 } = {}) {
  const ends = createSessionEnds(maxEnds);
  const rechecked: number[] = [];
  const recheck = (userIds: Iterable<number>) => void rechecked.push(...userIds);
  const sessions = createSessions({ db, ends, maxEnds, notifyOtherNodes: () => {}, recheck });
  const secret = SECRET;
  const clock = { now: () => Date.now() + aheadMs } as never;
  const { wasEnded } = sessions;
  const tokens = createTokens({ secret, expiresIn: '1h', digest, ends, wasEnded, clock });
  return { ends, sessions, tokens, rechecked };
}

/** What the password was verified with is held until it may go on. */
function heldPasswords() {
  const real = createPasswords({ failureMs: 1 });
  let goOn = () => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let told = () => {};
  const verified = new Promise<void>((resolve) => (told = resolve));
  return {
    ...real,
    async match(...given: Parameters<typeof real.match>) {
      const matches = await real.match(...given);
      told();
      await held;
      return matches;
    },
    verified,
    goOn,
  };
}

const sign = (claims: Record<string, unknown>) => signJwt(claims, SECRET, 'HS256');

describeChat('sessions', (chat) => {
  it('an end is known to every node that asks, after a restart too', async () => {
    const { token, user, ...ann } = await newcomer(chat());
    const other = (await chat().accounts.login(ann)).token;
    const peer = node(chat());
    await peer.sessions.refresh();
    expect(await peer.tokens.verify(token)).toBeDefined();
    await chat().sessions.end(await claimsOf(chat(), token));
    expect(await chat().tokens.verify(token)).toBeUndefined();
    await peer.sessions.refresh();
    expect(await peer.tokens.verify(token)).toBeUndefined();
    expect(await peer.tokens.verify(other)).toBeDefined();
    expect(peer.rechecked).toContain(user.id);
    const restarted = node(chat());
    // Also before it has asked for the first time.
    expect(await restarted.tokens.verify(token)).toBeUndefined();
    await restarted.sessions.refresh();
    expect(await restarted.tokens.verify(token)).toBeUndefined();
    expect(await restarted.tokens.verify(other)).toBeDefined();
  });

  it('a token that is issued after an end of all others is good, whatever clock its node has', async () => {
    const { token, user, ...ann } = await newcomer(chat());
    const [ahead, behind] = [node(chat(), { aheadMs: 600_000 }), node(chat(), { aheadMs: -600_000 })];
    const issuedAhead = await ahead.tokens.issue(user, 0);
    await chat().sessions.endOthers(await claimsOf(chat(), token));
    const accounts = chat().accountsWith({ tokens: behind.tokens });
    const issuedBehind = (await accounts.login(ann, '192.0.2.1')).token;
    for (const { sessions, tokens } of [ahead, behind, chat()]) {
      await sessions.refresh();
      expect(await tokens.verify(issuedAhead)).toBeUndefined();
      expect(await tokens.verify(issuedBehind)).toBeDefined();
      expect(await tokens.verify(token)).toBeDefined();
    }
  });

  it('whoever signs in after the last of many ends has a token that is good, and the one that is used stays', async () => {
    const { token, ...ann } = await newcomer(chat());
    const claims = await claimsOf(chat(), token);
    const logins = Array.from({ length: 8 }, () => chat().accounts.login(ann));
    const ended = Array.from({ length: 4 }, () => chat().sessions.endOthers(claims));
    await Promise.all([...logins, ...ended]);
    const late = await Promise.all(Array.from({ length: 4 }, () => chat().accounts.login(ann)));
    for (const { token: issued } of late) expect(await chat().tokens.verify(issued)).toBeDefined();
    expect(await chat().tokens.verify(token)).toBeDefined();
  });

  it('a new password ends them in the same statement, and one that is refused ends nothing', async () => {
    const { token, user, ...ann } = await newcomer(chat());
    const principal = await chat().principalOf(token);
    const other = (await chat().accounts.login(ann)).token;
    const used = await claimsOf(chat(), token);
    const change = (body: object) =>
      chat().accounts.updateProfile(principal, { currentPassword: password, ...body } as never, used);
    await expect(change({ currentPassword: 'wrong', password: 'battery staple' })).rejects.toThrow();
    await change({ avatar: 'a.png' });
    expect(await chat().tokens.verify(other)).toBeDefined();
    await change({ password: 'battery staple' });
    expect(await chat().tokens.verify(other)).toBeUndefined();
    expect(await chat().tokens.verify(token)).toBeDefined();
    const peer = node(chat());
    await peer.sessions.refresh();
    expect(await peer.tokens.verify(other)).toBeUndefined();
    expect(await peer.tokens.verify(token)).toMatchObject({ tokenId: used.tokenId });
  });

  it('a login that verified the password of before its change gives no token', async () => {
    const { token, user, ...ann } = await newcomer(chat());
    const principal = await chat().principalOf(token);
    const used = await claimsOf(chat(), token);
    const passwords = heldPasswords();
    const login = chat().accountsWith({ passwords }).login(ann, '192.0.2.1');
    await passwords.verified;
    await chat().accounts.updateProfile(principal, { currentPassword: password, password: 'battery staple' }, used);
    passwords.goOn();
    await expect(login).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
  });

  it('a hash of the former service that many replace at once signs all of them in', async () => {
    const { user, token, ...ann } = await newcomer(chat());
    const legacy = await bcrypt(password, { cost: 4 });
    await chat().sql(sql`update users set "password" = ${legacy}::text where "id" = ${user.id}::int`);
    const logins = await Promise.all(Array.from({ length: 6 }, () => chat().accounts.login(ann)));
    for (const login of logins) expect(await chat().tokens.verify(login.token)).toBeDefined();
    expect(await chat().tokens.verify(token)).toBeDefined();
  });

  it('what memory has no room for is looked up', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => newcomer(chat())));
    const old = await Promise.all(
      people.map(async ({ user }) => {
        const day = 86_400;
        const iat = Math.floor(Date.now() / 1000) - 30 * day;
        return sign({ userId: user.id, iat, exp: iat + 31 * day, gen: 0 });
      }),
    );
    for (const [at, token] of old.entries()) {
      const claims = await claimsOf(chat(), token);
      if (at % 2) await chat().sessions.end(claims);
      else await chat().sessions.endOthers({ ...claims, tokenId: 'another' });
    }
    const small = node(chat(), { maxEnds: 2 });
    await small.sessions.refresh();
    for (const token of old) expect(await small.tokens.verify(token)).toBeUndefined();
    const fresh = await sign({
      userId: people[0]?.user.id,
      iat: Math.floor(Date.now() / 1000) - 40 * 86_400,
      exp: 4e9,
      gen: 1,
    });
    expect(await small.tokens.verify(fresh)).toBeDefined();
  });

  it('tokens that ran out are put away', async () => {
    const { token } = await newcomer(chat());
    const claims = await claimsOf(chat(), token);
    const kept = async () => {
      const rows = await chat().sql(sql`select "tokenId" from ended_tokens where "userId" = ${claims.userId}::int`);
      return rows.map(({ tokenId }) => tokenId).sort();
    };
    const DAY_MS = 86_400_000;
    await chat().sessions.end({ ...claims, tokenId: 'gone', expiresAt: Date.now() - 2 * DAY_MS });
    expect(await kept()).toEqual(['gone']);
    await chat().sessions.end({ ...claims, tokenId: 'just run out', expiresAt: Date.now() - 1000 });
    await chat().sessions.end({ ...claims, tokenId: 'far', expiresAt: 1e300 });
    expect(await kept()).toEqual(['far', 'just run out']);
  });

  it('a deleted user has no session, and nobody ends one twice', async () => {
    const { token, user } = await newcomer(chat());
    const claims = await claimsOf(chat(), token);
    await Promise.all([chat().sessions.end(claims), chat().sessions.end(claims)]);
    await chat().sql(sql`update users set "deletedAt" = now() where "id" = ${user.id}::int`);
    await chat().sessions.endOthers(claims);
    await chat().sessions.end({ ...claims, userId: 2_000_000_000 });
    await expect(chat().authenticate(token)).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});
