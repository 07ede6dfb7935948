// What is deleted is gone from the database, and what is kept of it: its place in the log.
import { sql } from 'drizzle-orm';
import { afterEach, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { createSystemClock } from '../../src/backends/clock/system.ts';
import { createChannels } from '../../src/chat/channels/channels.ts';
import { createChannelErasure, type RunningErasure } from '../../src/chat/channels/erasure.ts';
import { createEmailView } from '../../src/chat/email-view.ts';
import { createChangeMessage } from '../../src/chat/log/change.ts';
import { channelKey } from '../../src/chat/log/key.ts';
import { createReadLog } from '../../src/chat/log/read.ts';
import { createMembers } from '../../src/chat/members/members.ts';
import { createMessages } from '../../src/chat/messages/messages.ts';
import { EMPTY_CONTENT } from '../../src/protocol/messages.ts';
import { type ServiceProcess, startServiceProcess } from '../support/node-process.ts';
import { createDatabase } from '../support/postgres.ts';
import { runStatements } from '../support/service-under-test.ts';
import { type Chat, describeChat } from './chat-under-test.ts';

const SAID = 'words that nobody is to find';
const WHOLE = {
  ...EMPTY_CONTENT,
  text: SAID,
  url: `https://example.com/${SAID.replaceAll(' ', '-')}`,
  fileName: `${SAID}.png`,
};
const clock = createSystemClock({ defer: setImmediate });

describeChat('what is deleted', (chat) => {
  const erasures: RunningErasure[] = [];
  afterEach(() => Promise.all(erasures.splice(0).map((erasure) => erasure.close())));

  /** As each node has one. */
  function erasure(): RunningErasure {
    const warn = (_: object, message: string) => expect.fail(message);
    const made = createChannelErasure({ db: chat().db, clock, logger: { warn }, withoutValues: (error) => error });
    erasures.push(made);
    return made;
  }
  const announce = async () => {};
  const channels = (eraser: RunningErasure) =>
    createChannels({
      db: chat().db,
      announce,
      emails: createEmailView(true),
      erasure: eraser,
      accountsMoved: () => {},
    });
  const row = async (id: number) =>
    (
      await chat().sql(sql`select "text", "url", "fileName", "seq", "deletedAt" is not null as "deleted", "clientId"
      from chats where "id" = ${id}::int`)
    )[0];
  const pending = () => chat().sql(sql`select * from channel_erasures`);
  /** How many messages of a channel have content, and its log's last number. */
  const contentOf = async (channelId: number) =>
    (
      await chat().sql(sql`select count(*)::int as "all", count("text")::int as "texts", count("deletedAt")::int as "deleted",
        max("updatedSeq") as "latest", max(v."lastSeq") as "head"
      from chats m join conversations v on v."channelId" = m."channelId" where m."channelId" = ${channelId}::int`)
    )[0];
  /** Fills a channel past the use cases, by the hundreds. */
  const fill = (channelId: number, senderId: number, count: number) =>
    chat().sql(sql`select count(*) from append_messages(
      array_fill(${senderId}::int, array[${count}::int]), array_fill(${channelId}::int, array[${count}::int]),
      array_fill(null::int, array[${count}::int]), array_fill(${SAID}::text, array[${count}::int]),
      array_fill(null::text, array[${count}::int]), array_fill(null::text, array[${count}::int]),
      array_fill(null::text, array[${count}::int]))`);

  describe('a message', () => {
    it.each(['sender', 'owner', 'admin'] as const)(
      'leaves nothing but its numbers when its %s deletes it',
      async (who) => {
        const { messages, user, group, db } = chat();
        const [owner, sender] = [await user(), await user()];
        const channelId = await group(owner, sender);
        const body = { ...WHOLE, channelId, receiverId: null, clientId: `one-${who}` };
        const { message } = await messages.send(sender, body);
        const admin = { ...(await user()), isAdmin: true };
        await messages.remove({ sender, owner, admin }[who], message.id);
        expect(await row(message.id)).toEqual({
          ...{ text: null, url: null, fileName: null },
          ...{ seq: message.seq, deleted: true, clientId: `one-${who}` },
        });
        const page = await createReadLog({ db })(channelKey(channelId), 0, 10);
        expect(page.messages).toEqual([
          expect.objectContaining({ id: message.id, deleted: true, updatedSeq: page.head }),
        ]);
        const repeat = await messages.send(sender, body);
        expect(repeat).toMatchObject({
          duplicate: true,
          message: { id: message.id, deleted: true, content: { text: null, url: null, fileName: null } },
        });
        const isGone = { code: 'MESSAGE_NOT_FOUND' };
        await expect(messages.get(sender, message.id)).rejects.toMatchObject(isGone);
        await expect(messages.edit(sender, message.id, { text: 'again' })).rejects.toMatchObject(isGone);
        await expect(messages.remove(sender, message.id)).rejects.toMatchObject(isGone);
        expect(await found(chat())).toEqual([]);
      },
    );

    it('keeps all but its text when it is edited', async () => {
      const { messages, user } = chat();
      const [ann, bob] = [await user(), await user()];
      const { message } = await messages.send(ann, { ...WHOLE, channelId: null, receiverId: bob.id, clientId: null });
      await messages.edit(ann, message.id, { text: 'other words' });
      expect(await row(message.id)).toMatchObject({ ...WHOLE, text: 'other words', deleted: false });
      await messages.remove(ann, message.id);
    });

    it('keeps its content where that is wanted, or where a node of the version before deletes it; nobody sees it', async () => {
      const { db, user, tell, messages } = chat();
      const [ann, bob] = [await user(), await user()];
      const keeping = createMessages({
        ...{ db, maxTextLength: 100, eraseDeleted: false, append: () => Promise.reject(new Error()) },
        change: createChangeMessage({ db, sink: () => {}, clock }),
      });
      const [kept, old] = [await tell(ann, bob, SAID), await tell(ann, bob, SAID)];
      await keeping.remove(ann, kept.id);
      await chat().sql(sql`select * from change_message(${old.id}::int, ${ann.id}::int, null)`);
      for (const { id } of [kept, old]) {
        expect(await row(id)).toMatchObject({ text: SAID, deleted: true });
        await expect(messages.get(ann, id)).rejects.toMatchObject({ code: 'MESSAGE_NOT_FOUND' });
      }
    });

    it('that another program deleted goes by the statement of the manual, which is no event', async () => {
      const { user, group, say } = chat();
      const ann = await user();
      const channelId = await group(ann);
      const [gone, there] = [await say(ann, channelId, SAID), await say(ann, channelId, 'others')];
      await chat().sql(sql`update chats set "deletedAt" = now() where "id" = ${gone.id}::int`);
      const before = await contentOf(channelId);
      expect(before).toMatchObject({ texts: 2, head: 3, latest: 3 });
      await chat().sql(sql`update chats set "text" = null, "url" = null, "fileName" = null
        where "id" between 1 and 1000000 and "deletedAt" is not null
          and ("text" is not null or "url" is not null or "fileName" is not null)`);
      expect(await row(gone.id)).toMatchObject({ text: null, seq: gone.seq });
      expect(await row(there.id)).toMatchObject({ text: 'others' });
      expect(await contentOf(channelId)).toEqual({ ...before, texts: 1 });
    });
  });

  describe('a channel', () => {
    it('holds nothing any more some time later, in any number of steps, and its neighbour everything', async () => {
      const { user, group } = chat();
      const ann = await user();
      const [channelId, other] = [await group(ann), await group(ann)];
      await fill(channelId, ann.id, 1_200);
      await fill(other, ann.id, 3);
      const eraser = erasure();
      await channels(eraser).remove(ann, channelId);
      await expect.poll(pending).toEqual([]);
      expect(await contentOf(channelId)).toEqual({ all: 1_200, texts: 0, deleted: 1_200, latest: 1_200, head: 1_200 });
      expect(await contentOf(other)).toMatchObject({ texts: 3, deleted: 0 });
      await channels(eraser).remove(ann, other);
      await expect.poll(pending).toEqual([]);
      expect(await contentOf(other)).toMatchObject({ texts: 0, deleted: 3 });
    });

    it('is erased also where its last member leaves it', async () => {
      const { db, user, group, say } = chat();
      const ann = await user();
      const channelId = await group(ann);
      await say(ann, channelId, SAID);
      await createMembers({ db, announce, accountsMoved: () => {}, erasure: erasure() }).leave(ann, channelId);
      await expect.poll(pending).toEqual([]);
      expect(await contentOf(channelId)).toMatchObject({ texts: 0, deleted: 1 });
    });

    it('whose node ended is erased by another, or the next one; several share the work', async () => {
      const { user, group } = chat();
      const ann = await user();
      const all = [await group(ann), await group(ann), await group(ann)];
      for (const id of all) await fill(id, ann.id, 600);
      const ended = erasure();
      await ended.close();
      for (const id of all) await channels(ended).remove(ann, id);
      expect(await pending()).toHaveLength(3);
      for (const next of [erasure(), erasure()]) next.start();
      await expect.poll(pending).toEqual([]);
      for (const id of all) expect(await contentOf(id)).toMatchObject({ all: 600, texts: 0, head: 600 });
    });

    it('that is there again is left as it is', async () => {
      const { user, group, say } = chat();
      const ann = await user();
      const channelId = await group(ann);
      await say(ann, channelId, SAID);
      const ended = erasure();
      await ended.close();
      await channels(ended).remove(ann, channelId);
      await chat().sql(sql`update channels set "deletedAt" = null where "id" = ${channelId}::int`);
      erasure().start();
      await expect.poll(pending).toEqual([]);
      expect(await contentOf(channelId)).toMatchObject({ texts: 1, deleted: 0 });
      await chat().sql(sql`delete from chats where "channelId" = ${channelId}::int`);
    });
  });
});

/** The tables that hold the words somewhere. */
async function found(chat: Chat): Promise<string[]> {
  const tables = await chat.sql(sql`select tablename::text as "name" from pg_tables where schemaname = 'public'`);
  const holds = await Promise.all(
    tables.map(async ({ name }) => {
      const [first] = await chat.sql(
        sql`select count(*)::int as "count" from ${sql.identifier(String(name))} t where t::text like ${`%${SAID.slice(0, 12)}%`}`,
      );
      return first?.count === 0 ? [] : [String(name)];
    }),
  );
  return holds.flat();
}

describe.each([
  ['by itself', {}, { texts: 0 }],
  ['ERASE_DELETED=false', { ERASE_DELETED: 'false' }, { texts: 2 }],
] as const)('a service, %s', (_, env, left) => {
  let service: ServiceProcess;
  let database: { url: string; drop(): Promise<void> };
  beforeAll(async () => {
    database = await createDatabase(inject('postgresUrl'));
    service = await startServiceProcess({ env: { DATABASE_URL: database.url, MIGRATE_ON_START: 'true', ...env } });
    return async () => {
      await service.stop();
      await database.drop();
    };
  }, 60_000);

  test('erases what is deleted over REST, or keeps it', async () => {
    let token = '';
    const call = async (method: string, path: string, body?: object) => {
      const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
      const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
      const answer = (await (await fetch(`${service.url}/api/v1${path}`, init)).json()) as { data: never };
      return answer.data as { id: number; token: string };
    };
    const account = { username: 'ann', email: 'ann@example.com', password: 'correct horse' };
    token = (await call('POST', '/auth/register', account)).token;
    const { id } = await call('POST', '/channels', { type: 'group', name: 'all' });
    const message = await call('POST', '/messages', { channelId: id, text: SAID });
    await call('POST', '/messages', { channelId: id, ...WHOLE });
    await call('DELETE', `/messages/${message.id}`);
    await call('DELETE', `/channels/${id}`);
    const count = 'select count(text)::int as texts from chats';
    if (left.texts === 0) await expect.poll(() => runStatements(database.url, count)).toEqual([left]);
    else
      expect(await runStatements(database.url, `${count}; select * from channel_erasures; ${count}`)).toEqual([left]);
  });
});
