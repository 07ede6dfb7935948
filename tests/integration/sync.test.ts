// The sync after an absence: it makes a client's state equal to that of one that comes new, however often it is cut.
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import { decode } from '../../src/protocol/decode.ts';
import { type SyncPage, syncBody } from '../../src/protocol/sync.ts';
import { type Chat, describeChat } from './chat-under-test.ts';

const UNKNOWN = 2_000_000_000;

/** A client that keeps what it was told. */
class Device {
  private readonly chat: Chat;
  private readonly user: Principal;
  seq: number | undefined;
  account: SyncPage['account'];
  totals: SyncPage['totals'] | undefined;
  readonly entries = new Map<string, SyncPage['conversations'][number]>();
  removed: SyncPage['removed'] = [];

  constructor(chat: Chat, user: Principal) {
    this.chat = chat;
    this.user = user;
  }

  /** Ends after so many pages, as if the connection had been cut. Returns how many entries came. */
  async sync({ limit = 2, pages = Number.POSITIVE_INFINITY, heads = true } = {}): Promise<number> {
    const known = Object.fromEntries([...this.entries].map(([name, entry]) => [name, entry.lastSeq]));
    let body: object = { limit, since: this.seq, ...(heads && this.seq !== undefined && { heads: known }) };
    let count = 0;
    for (let page = 0; page < pages; page += 1) {
      const answer = await ask(this.chat, this.user, body);
      count += answer.conversations.length;
      for (const entry of answer.conversations) this.entries.set(nameOf(entry), entry);
      for (const gone of answer.removed) this.entries.delete(nameOf(gone));
      if (page === 0) this.removed = answer.removed;
      this.account = answer.account ?? this.account;
      this.totals = answer.totals;
      if (answer.cursor === null) {
        this.seq = answer.seq;
        break;
      }
      body = { cursor: answer.cursor, limit };
    }
    return count;
  }

  get state() {
    return { seq: this.seq, account: this.account, totals: this.totals, entries: new Map([...this.entries].sort()) };
  }
}

function nameOf({ channelId, userId }: { channelId: number | null; userId: number | null }): string {
  return channelId === null ? `d${userId}` : `c${channelId}`;
}

async function ask(chat: Chat, user: Principal, body: object): Promise<SyncPage> {
  const decoded = decode(syncBody, body);
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.details));
  return chat.conversations.sync(user, decoded.data);
}

describeChat('a sync', (chat) => {
  const users = (count: number) => Promise.all(Array.from({ length: count }, () => chat().user()));

  /** What a client has that comes new. */
  async function fresh(user: Principal) {
    const device = new Device(chat(), user);
    await device.sync({ limit: 200 });
    return device.state;
  }

  it('after a month, cut again and again, leaves what a fresh one has', async () => {
    const [ann, bob, cid] = (await users(3)) as [Principal, Principal, Principal];
    const groups: number[] = [];
    for (let n = 0; n < 7; n += 1) groups.push(await chat().group(bob, ann));
    const [left, removed, deleted, busy, muted, again, quiet] = groups as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const own = await chat().group(ann, cid);
    await chat().tell(bob, ann);
    const first = await chat().say(bob, busy, 'first');
    const device = new Device(chat(), ann);
    await device.sync();
    expect(device.state).toEqual(await fresh(ann));

    for (let n = 0; n < 20; n += 1) await chat().say(n % 3 === 0 ? ann : bob, busy);
    await chat().messages.remove(bob, first.id);
    await chat().members.leave(ann, left);
    await chat().members.remove(bob, removed, ann.id);
    await chat().channels.remove(bob, deleted);
    await chat().members.remove(bob, again, ann.id);
    await chat().members.add(bob, again, ann.id);
    await chat().members.leave(ann, own);
    const added = await chat().group(cid, ann);
    await chat().tell(cid, ann);
    await chat().conversations.update(ann, { channelId: muted, userId: null }, { muted: true, ownMetadata: { a: 1 } });
    await chat().accounts.changeSettings(ann, { receipts: false });

    for (let cuts = 0; cuts < 3; cuts += 1) await device.sync({ pages: 1 + cuts });
    await device.sync();
    expect(device.state).toEqual(await fresh(ann));
    expect(device.entries.has(`c${added}`)).toBe(true);
    expect(device.entries.has(`c${quiet}`)).toBe(true);
    const gone = [left, removed, deleted, own].map((id) => device.entries.has(`c${id}`));
    expect(gone).toEqual([false, false, false, false]);
    expect(await device.sync()).toBe(0);
    expect(device.removed).toEqual([]);
  });

  it('says why and when each conversation ended, and nothing of what never was the users', async () => {
    const [ann, bob, eve] = (await users(3)) as [Principal, Principal, Principal];
    const ids = [await chat().group(bob, ann), await chat().group(bob, ann), await chat().group(bob, ann)] as const;
    const { seq } = await ask(chat(), ann, {});
    await chat().members.leave(ann, ids[0]);
    await chat().members.remove(bob, ids[1], ann.id);
    await chat().channels.remove(bob, ids[2]);
    const at = expect.stringMatching(/Z$/);
    const ended = ['left', 'removed', 'deleted'].map((reason, n) => ({ channelId: ids[n], userId: null, reason, at }));
    expect((await ask(chat(), ann, { since: seq })).removed).toEqual(ended);
    expect((await ask(chat(), ann, { since: seq + 3 })).removed).toEqual([]);
    expect((await ask(chat(), ann, { heads: { [`c${ids[1]}`]: 0 } })).removed).toEqual([ended[1]]);
    const foreign = await chat().group(bob);
    await chat().tell(bob, bob);
    const names = [`c${foreign}`, `c${UNKNOWN}`, `d${bob.id}`, `d${UNKNOWN}`];
    const answer = await ask(chat(), eve, { heads: Object.fromEntries(names.map((name) => [name, 1])) });
    expect(answer).toMatchObject({ seq: 0, conversations: [], cursor: null });
    for (const gone of answer.removed) expect(gone).toMatchObject({ reason: 'removed', at: null });
    expect(answer.removed.map(nameOf).sort()).toEqual(names.sort());
    const others = names.map((name) => `${name[0]}${Number(name.slice(1)).toString(36)}`).join('.');
    expect((await ask(chat(), eve, { cursor: `0.${others}.czzzzzz` })).conversations).toEqual([]);
  });

  it('brings only what differs: by the account log, by heads, or by both; the latest event first', async () => {
    const [ann, bob] = (await users(2)) as [Principal, Principal];
    const [one, two] = [await chat().group(ann, bob), await chat().group(ann, bob)];
    const { seq } = await ask(chat(), ann, {});
    await chat().say(bob, one);
    const came = async (body: object) => (await ask(chat(), ann, body)).conversations.map(({ channelId }) => channelId);
    expect(await came({ since: seq })).toEqual([]);
    expect(await came({ since: seq, heads: { [`c${one}`]: 0, [`c${two}`]: 0 } })).toEqual([one]);
    expect(await came({ heads: { [`c${one}`]: 1 } })).toEqual([two]);
    expect(await came({})).toEqual([one, two]);
    const page = await ask(chat(), ann, { limit: 1 });
    expect(page.conversations).toMatchObject([{ channelId: one }]);
    await chat().say(bob, two);
    const rest = await ask(chat(), ann, { cursor: page.cursor, limit: 1 });
    expect(rest).toMatchObject({ seq: page.seq, conversations: [{ channelId: two, lastSeq: 1 }], cursor: null });
    await expect(ask(chat(), ann, { since: seq + 1 })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect((await ask(chat(), ann, { since: seq })).account).toBeUndefined();
  });

  it('of a thousand conversations comes in pages, and then brings none of them again', async () => {
    const [ann] = (await users(1)) as [Principal];
    await chat().sql(sql`with c as (insert into channels ("name", "ownerId") select 'many', ${ann.id}::int
        from generate_series(1, 1000) returning "id")
      insert into channel_members ("userId", "channelId") select ${ann.id}::int, "id" from c`);
    const device = new Device(chat(), ann);
    expect(await device.sync({ limit: 200 })).toBe(1000);
    expect(await device.sync()).toBe(0);
  });

  it('takes no more than 5,000 heads, and nothing that is none', () => {
    const heads = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`c${n + 1}`, 1]));
    expect(decode(syncBody, { heads: heads(5000) }).ok).toBe(true);
    const bad = [
      { heads: heads(5001) },
      ...[{ c0: 1 }, { x1: 1 }, { c1: -1 }, { c1: 'x' }, [1]].map((each) => ({
        heads: each,
      })),
      ...[0, 201, 1.5].map((limit) => ({ limit })),
      ...['x', '1', '1.c', '1.x1', '1.c1.', '-1.c1'].map((cursor) => ({ cursor })),
    ];
    for (const body of bad) expect(decode(syncBody, body).ok, JSON.stringify(body).slice(0, 80)).toBe(false);
  });
});
