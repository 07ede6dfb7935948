// Names and emails are the same in any case, by rules of our own: on a database whose locale is Turkish, or none at all, as on
// any other.
import { hash as bcrypt } from '@node-rs/bcrypt';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { createAdmins } from '../../src/chat/accounts/admins.ts';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { ADDRESS, type Chat, describeChat } from './chat-under-test.ts';

const password = 'correct horse';
const SOMEBODY = { id: 0 };
const KINDS = ['postgres', 'embedded', 'C', 'tr-TR'] as const;

let serial = 0;
function next(): number {
  serial += 1;
  return serial;
}

const email = () => `someone${next()}@example.com`;
const named = (username: string) => ({ username, email: email(), password });

const cheap = (text: string) => bcrypt(text, { cost: 4 });

/** As the former service wrote it: any email, any name. */
async function former(chat: Chat, fields: { email?: string; username?: string; password?: string }) {
  const { username = `former${next()}`, email: address = email() } = fields;
  const [row] = await chat.sql(
    sql`insert into users ("username", "email", "password")
      values (${username}::text, ${address}::text, ${await cheap(fields.password ?? password)}::text) returning "id"`,
  );
  return Number(row?.id);
}

async function principalOf(chat: Chat, id: number): Promise<Principal> {
  return (await chat.principals.load(id)) as Principal;
}

const taken = { code: 'USERNAME_TAKEN' };

describeChat(
  'names',
  (chat) => {
    const login = async (address: string, typed = password) =>
      (await chat().accounts.login({ email: address, password: typed })).user.id;
    const rename = async (id: number, username: string, more: object = {}) =>
      chat().accounts.updateProfile(await principalOf(chat(), id), { currentPassword: password, username, ...more });
    const register = async (username: string) => (await chat().accounts.register(named(username))).user.id;

    describe('an email', () => {
      it.each([
        ['ISIL@example.com', ['isil@example.com', 'Isil@Example.COM', 'ısıl@example.com', 'İSİL@EXAMPLE.COM']],
        ['ÖZGÜR@example.com', ['özgür@example.com', 'o\u0308zgu\u0308r@example.com']],
        ['isık@example.org', ['ISIK@EXAMPLE.ORG', 'İsik@example.org']],
        ['Жанна@example.com', ['жанна@EXAMPLE.com']],
      ])('%s signs in in any case', async (stored, typed) => {
        const id = await former(chat(), { email: stored });
        for (const address of [stored, ...typed]) expect(await login(address), address).toBe(id);
      });

      it('is taken in any case', async () => {
        await former(chat(), { email: 'IRIS@example.com' });
        const body = { username: 'iris', email: 'iris@example.com', password };
        await expect(chat().accounts.register(body)).rejects.toMatchObject({ code: 'EMAIL_TAKEN' });
      });
    });

    describe('emails of the former service that differ in case alone', () => {
      it('go on signing in, each with its own password, however they are typed', async () => {
        const [lower, upper] = [
          await former(chat(), { email: 'inga@example.com', password: 'of the lower' }),
          await former(chat(), { email: 'INGA@example.com', password: 'of the upper' }),
        ];
        for (const typed of ['inga@example.com', 'INGA@example.com', 'Inga@example.com', 'ınga@example.com']) {
          expect(await login(typed, 'of the lower'), typed).toBe(lower);
          expect(await login(typed, 'of the upper'), typed).toBe(upper);
          await expect(login(typed, 'of nobody')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
        }
      });

      it('with one password are told by the spelling, and by nothing else', async () => {
        const lower = await former(chat(), { email: 'twice@example.com' });
        const upper = await former(chat(), { email: 'TWICE@example.com' });
        expect(await login('twice@example.com')).toBe(lower);
        expect(await login('TWICE@example.com')).toBe(upper);
        await expect(login('Twice@example.com')).rejects.toThrow(/write it exactly/);
        await chat().sql(sql`update users set "deletedAt" = now() where "id" = ${lower}::int`);
        expect(await login('Twice@example.com')).toBe(upper);
      });

      it('lend nobody the address of the other: past the limit each is let in from its own alone', async () => {
        const victim = await former(chat(), { email: 'kim@example.com', password: 'of the victim' });
        const other = await former(chat(), { email: 'KIM@example.com', password: 'of the other' });
        await login('KIM@example.com', 'of the other');
        const failures = {
          guard: async (_email: string, isKnown: boolean, verify: (limited: boolean) => Promise<boolean>) => {
            if (!isKnown) throw new Error('refused');
            return verify(true);
          },
        };
        const { login: limited } = chat().accountsWith({ failures });
        const from = (address: string, typed: string) => limited({ email: address, password: typed }, ADDRESS);
        await expect(from('kim@example.com', 'of the victim')).rejects.toMatchObject({ code: 'INVALID_CREDENTIALS' });
        expect((await from('kim@example.com', 'of the other')).user.id).toBe(other);
        expect(await login('kim@example.com', 'of the victim')).toBe(victim);
      });
    });

    describe('a new name', () => {
      it.each([
        ['Ada', ['ada', 'ADA', 'A\u200bda', '𝐀da', 'Ａｄａ', 'ad\u00ada']],
        ['Işık', ['IŞIK', 'ışık', 'işik', 'İşIK']],
        ['Zoë Q', ['zoe\u0308 q', 'ZOË  Q', 'zoë\u00a0q']],
      ])('%s is unlike every other in case, form or what cannot be seen', async (name, others) => {
        await register(name);
        for (const other of others) await expect(register(other), other).rejects.toMatchObject(taken);
      });

      it('may not be one of the former service in another case, of a deleted account neither', async () => {
        const id = await former(chat(), { username: 'ÖMER' });
        await expect(register('ömer')).rejects.toMatchObject(taken);
        await chat().sql(sql`update users set "deletedAt" = now() where "id" = ${id}::int`);
        await expect(register('ömer')).rejects.toMatchObject(taken);
      });

      it('goes to one of those who ask at the same time, on whichever node', async () => {
        const nodes = [chat().accountsWith({}), chat().accountsWith({})];
        for (const name of ['Iva', 'Ödön']) {
          const forms = [name, name.toUpperCase(), name.toLowerCase(), name.normalize('NFD').toUpperCase()];
          const renamed = await Promise.all([register(`${name} one`), register(`${name} two`)]);
          const attempts = await Promise.allSettled([
            ...forms.map((form, index) => nodes[index % 2]?.register(named(form.normalize('NFC')), ADDRESS)),
            ...renamed.map((id) => rename(id, name.toUpperCase())),
          ]);
          const refused = attempts.filter((attempt) => attempt.status === 'rejected');
          expect(refused.map(({ reason }) => reason.code)).toEqual(Array(5).fill('USERNAME_TAKEN'));
        }
      });
    });

    describe('a change of the name', () => {
      it('to another case is fine, and to that of somebody else is not', async () => {
        const [ida, tom] = [await register('ida'), await register('tom')];
        expect((await rename(ida, 'IDA')).username).toBe('IDA');
        for (const name of ['ida', 'İda', 'IDA']) await expect(rename(tom, name)).rejects.toMatchObject(taken);
        await expect(register('ıda')).rejects.toMatchObject(taken);
        await rename(ida, 'ida now');
        expect((await rename(tom, 'İda')).username).toBe('İda');
      });

      it('gives VALIDATION_FAILED for one that nobody may have, and changes nothing', async () => {
        const id = await register('plain');
        const refusal = { code: 'VALIDATION_FAILED', details: [{ path: 'username' }] };
        await expect(rename(id, 'no\u202eplain', { avatar: 'a.png' })).rejects.toMatchObject(refusal);
        expect(await principalOf(chat(), id)).toMatchObject({ username: 'plain', avatar: null });
      });

      it('is none where a name of the former service is sent with other fields', async () => {
        const names = ['Eva', 'eva', '\u202eavE', 'x', 'Zoe\u0308', ' spaced ', '\u200b\u200b\u200b', 'in\ntwo'];
        const ids: number[] = [];
        for (const username of names) ids.push(await former(chat(), { username }));
        for (const [index, id] of ids.entries()) {
          const name = names[index] as string;
          expect((await rename(id, name, { avatar: `${index}.png` })).username).toBe(name);
          expect(await principalOf(chat(), id)).toMatchObject({ username: name, avatar: `${index}.png` });
        }
        expect((await rename(ids[4] as number, 'Zoë')).username).toBe('Zoe\u0308');
        await expect(rename(ids[0] as number, 'EVA')).rejects.toMatchObject(taken);
        await expect(register('EVA')).rejects.toMatchObject(taken);
        expect((await rename(ids[0] as number, 'Eva Two')).username).toBe('Eva Two');
      });
    });

    describe('the search', () => {
      const found = async (part: string) =>
        (await chat().accounts.search(SOMEBODY, part)).map(({ username }) => username);

      it('finds a part in any case, form and locale, in one order everywhere', async () => {
        for (const name of ['ÇIĞLIK', 'xçığlık', 'Cıglık Ç', 'çığ']) await former(chat(), { username: name });
        for (const part of ['çığ', 'ÇIĞ', 'C\u0327IG\u0306', 'çiğ'])
          expect(await found(part), part).toEqual(['çığ', 'ÇIĞLIK', 'xçığlık']);
        for (const name of ['qb', 'QA2', 'qä', 'Qz', 'qı']) await former(chat(), { username: name });
        expect(await found('Q')).toEqual(['QA2', 'qb', 'qı', 'Qz', 'qä', 'Zoë Q']);
      });

      it('takes % and _ and \\ as plain characters, and finds nobody by what cannot be seen', async () => {
        for (const name of ['50%ig', '50xig', 'a_ü', 'axü', 'b\\Ü']) await former(chat(), { username: name });
        expect(await found('%IG')).toEqual(['50%ig']);
        expect(await found('_Ü')).toEqual(['a_ü']);
        expect(await found('\\ü')).toEqual(['b\\Ü']);
        expect(await found('\u200b')).toEqual([]);
      });
    });

    it('a password is one, composed or not, and of the former service as well', async () => {
      const [composed, decomposed] = ['crème brûlée', 'crème brûlée'.normalize('NFD')];
      const body = { ...named('cook'), password: decomposed };
      const { user } = await chat().accounts.register(body);
      expect(await login(body.email, composed)).toBe(user.id);
      expect(await login(body.email, decomposed)).toBe(user.id);
      const address = email();
      const id = await former(chat(), { email: address, password: decomposed });
      expect(await login(address, decomposed)).toBe(id);
      const change = { currentPassword: composed, password: `${decomposed}!` };
      await chat().accounts.updateProfile(await principalOf(chat(), id), change);
      expect(await login(address, `${composed}!`)).toBe(id);
    });

    it('an admin is made by the email in any case, where it is one', async () => {
      const admins = createAdmins({ db: chat().db, passwords: { hash: cheap } });
      const id = await former(chat(), { email: 'IŞIL.ADMIN@example.com' });
      expect((await admins.set('ışıl.admin@example.com', true)).id).toBe(id);
      await former(chat(), { email: 'ışıl.admin@example.com' });
      await expect(admins.set('Işıl.Admin@example.com', true)).rejects.toThrow(/Several accounts/);
      expect((await admins.set('IŞIL.ADMIN@example.com', false)).id).toBe(id);
      await expect(admins.add({ ...named('COOK') }, false)).rejects.toMatchObject(taken);
    });
  },
  KINDS,
);

describeChat(
  'the locale of these databases',
  (chat) => {
    it('is another one', async () => {
      const [row] = await chat().sql(sql`select lower('ISIL') as "isil", lower('ÖZGÜR') as "ozgur"`);
      expect([row?.isil === 'isil', row?.ozgur === 'özgür']).toContain(false);
    });
  },
  ['C', 'tr-TR'],
);
