// Names, passwords and avatars over REST: what they may be, and when two of them are one.
import { describe, expect, test } from 'vitest';
import type { Service } from '../../support/service-under-test.ts';
import { cast, PASSWORD, unique } from './kit/people.ts';
import { expectFailure, failedFields, rest } from './kit/rest.ts';
import type { Session, User } from './kit/wire.ts';

export function namesSuite(service: Service): void {
  describe('names', () => {
    const form = (more: object = {}) => ({
      username: unique('named'),
      email: `${unique('named')}@example.com`,
      password: PASSWORD,
      ...more,
    });
    const signUp = (more: object = {}, node = 0) => rest(service.url(node)).post<Session>('/auth/register', form(more));
    const signIn = (email: string, password: string) =>
      rest(service.url(1)).post<Session>('/auth/login', { email, password });

    test.each([
      ['a direction override', (tag: string) => `${tag}\u202eexe`],
      ['a direction mark', (tag: string) => `\u200f${tag}`],
      ['an isolate', (tag: string) => `${tag}\u2066x\u2069`],
      ['a line break', (tag: string) => `${tag}\nadmin`],
      ['a line separator', (tag: string) => `${tag}\u2028admin`],
      ['a control character', (tag: string) => `${tag}\u0007x`],
      ['nothing that can be seen', () => '\u200b\u200c\u200d\u2060'],
      ['fillers alone', () => '\u3164\u3164\u3164'],
    ])('a username with %s is refused, at a change too', async (_what, make) => {
      const username = make(unique('odd').slice(-12));
      expect(failedFields(await signUp({ username }))).toEqual(['username']);
      const { token } = (await signUp()).data;
      const change = { currentPassword: PASSWORD, username };
      expect(failedFields(await rest(service.url(0), token).put('/users/profile', change))).toEqual(['username']);
    });

    test('a username is stored composed, with letters of any language', async () => {
      const tag = unique('').slice(-12);
      const reply = await signUp({ username: ` Zoe\u0308 علی 👩‍👧 ${tag} ` });
      expect(reply.data.user.username).toBe(`Zoë علی 👩‍👧 ${tag}`);
    });

    test('a username is unlike every other in case, form and what cannot be seen, on every node', async () => {
      const tag = unique('iı').slice(-12);
      const { user, token } = (await signUp({ username: `Ümit ${tag}` })).data;
      for (const [node, name] of [`ümit ${tag}`, `ÜMİT ${tag}`, `U\u0308mıt ${tag}`, `Ümi\u200bt  ${tag}`].entries())
        expectFailure(await signUp({ username: name }, node % 2), 409, 'USERNAME_TAKEN');
      const other = (await signUp()).data;
      const take = { currentPassword: PASSWORD, username: `ÜMIT ${tag}` };
      expectFailure(await rest(service.url(1), other.token).put('/users/profile', take), 409, 'USERNAME_TAKEN');
      const own = await rest(service.url(1), token).put<User>('/users/profile', take);
      expect(own.data).toEqual({ ...user, username: `ÜMIT ${tag}` });
    });

    test('a username goes to one of many who ask for it at the same time in other cases', async () => {
      const tag = unique('').slice(-12);
      const names = ['Ëva', 'ëva', 'ËVA', 'ëVA', 'e\u0308va', 'Ëva'].map((name) => `${name} ${tag}`);
      const replies = await Promise.all(names.map((username, index) => signUp({ username }, index % 2)));
      expect(replies.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
      for (const reply of replies) if (reply.status === 409) expectFailure(reply, 409, 'USERNAME_TAKEN');
    });

    test('a password is one, composed or not', async () => {
      const [composed, decomposed] = ['pässwörd é', 'pässwörd é'.normalize('NFD')];
      for (const [typed, other] of [
        [composed, decomposed],
        [decomposed, composed],
      ] as const) {
        const { user, token } = (await signUp({ password: typed })).data;
        expect((await signIn(user.email, other)).data.user).toEqual(user);
        expectFailure(await signIn(user.email, 'passwörd é'), 401, 'INVALID_CREDENTIALS');
        const change = { currentPassword: other, avatar: 'a.png' };
        expect((await rest(service.url(0), token).put('/users/profile', change)).status).toBe(200);
      }
    });

    describe('an avatar', () => {
      const people = cast(service, 'ann');
      const put = (avatar: unknown) =>
        people.ann.api.put<User>('/users/profile', { currentPassword: PASSWORD, avatar });

      test.each([
        'javascript:alert(1)',
        ' JaVaScRiPt:alert(1)',
        'java\tscript:alert(1)',
        '\u0001javascript:alert(1)',
        'javascript\n:alert(1)',
        'data:text/html,<script>1</script>',
        'DATA:image/svg+xml,<svg onload=1>',
        'vbscript:x',
      ])('is not %j', async (avatar) => {
        expect(failedFields(await put(avatar))).toEqual(['avatar']);
      });

      test('is any other address, or none', async () => {
        for (const avatar of ['https://example.com/a.png', 'a.png', '/data:x'])
          expect((await put(avatar)).data).toMatchObject({ avatar });
        expect((await put(null)).data).toMatchObject({ avatar: null });
      });
    });

    test('the search finds a name in any case and form', async () => {
      const tag = unique('').slice(-12);
      const { user, token } = (await signUp({ username: `Çığlık ${tag}` })).data;
      for (const part of [`çiğlik ${tag}`, `ÇIĞLIK ${tag}`, `C\u0327IG\u0306LIK ${tag}`, `ĞLIK ${tag}`]) {
        const path = `/users/search?username=${encodeURIComponent(part)}`;
        expect((await rest(service.url(1), token).get<User[]>(path)).data).toEqual([user]);
      }
    });
  });
}
