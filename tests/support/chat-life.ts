// A chat with everything that a database can hold, made through the API, and all that its users can read of it.
import { history, type Rest, rest } from '../conformance/service/kit/rest.ts';
import type { Channel, Message, Session } from '../conformance/service/kit/wire.ts';
import { connect } from './contract-clients.ts';

/** Texts that are easily damaged on their way through files, drivers and quotes. */
const AWKWARD = [
  'emoji 😀👩‍👩‍👧‍👦🏳️‍🌈 and e\u0301, שלום, \u202Eright to left',
  `quotes ' " \` $$ $1 %s \${x} -- ; /* */`,
  'backslashes \\ \\\\ \\n \\N \\. \\x41 C:\\new',
  'tabs\tand\nnew\r\nlines\n',
  '\uFEFFa mark of byte order before, \u0001 control \u001f characters, \u2028 and \u00a0',
  '{"json": [1, null, "\\u0000"]}',
  '{1,NULL,"2"}',
  ' blanks around ',
  'NULL',
  '\uFFFD \u{10FFFF} \uD7FF',
  'long '.repeat(1_999),
];

const AT_ONCE = 50;

export interface Member {
  readonly id: number;
  readonly token: string;
}

/** The users, and the conversation that tests continue with. */
export interface ChatLife {
  readonly ann: Member;
  readonly bob: Member;
  readonly cat: Member;
  readonly channelId: number;
  /** A `clientId` that Ann used there, and the id of its message. */
  readonly used: { readonly clientId: string; readonly id: number };
}

/** `messages` is the number of messages besides the special ones. */
export async function liveAChat(url: string, messages: number): Promise<ChatLife> {
  const [ann, bob, cat] = [await register(url, 'ann'), await register(url, 'bob'), await register(url, 'cat')];
  const as = ({ token }: Member) => rest(url, token);
  const channel = async (name: string, ...others: Member[]) =>
    (await as(ann).post<Channel>('/channels', { type: 'group', name, userIds: others.map(({ id }) => id) })).data.id;
  const send = async (who: Member, body: object) => (await as(who).post<Message>('/messages', body)).data;

  const channelId = await channel('tea "and" \\ 🫖', bob, cat);
  for (const text of AWKWARD) {
    await send(ann, { channelId, text });
    await send(bob, { receiverId: ann.id, text });
  }
  await send(cat, { receiverId: cat.id, url: 'https://example.com/a%20b.PNG', fileName: 'ä "b".pdf' });
  const clientId = 'once \\ "only" 😀';
  const { id } = await send(ann, { channelId, text: 'once', clientId });
  const many: Message[] = [];
  while (many.length < messages) {
    // A few at a time, because on a busy machine a message that waits for ten seconds is refused.
    const next = Array.from({ length: Math.min(AT_ONCE, messages - many.length) }, (_, n) => many.length + n);
    const sent = next.map((n) => send(n % 2 ? ann : bob, { channelId, text: `message ${n}` }));
    many.push(...(await Promise.all(sent)));
  }
  const [first, second] = many as [Message, Message];
  await as(bob).patch(`/messages/${first.id}`, { text: `${AWKWARD[1]} edited` });
  await as(ann).delete(`/messages/${second.id}`);

  await as(cat).post(`/channels/${await channel('left', cat)}/leave`);
  const gone = await channel('gone', bob);
  await send(ann, { channelId: gone, text: 'soon gone' });
  await as(ann).delete(`/channels/${gone}`);
  await as(ann).delete(`/messages/${(await send(ann, { channelId, text: 'the last one, and deleted' })).id}`);
  return { ann, bob, cat, channelId, used: { clientId, id } };
}

async function register(url: string, username: string): Promise<Member> {
  const body = { username, email: `${username}@example.com`, password: 'correct horse' };
  const { user, token } = (await rest(url).post<Session>('/auth/register', body)).data;
  return { id: user.id, token };
}

/** Everything that the users can read, and what a user who was away gets, as text. */
export async function readEverything(url: string, life: ChatLife): Promise<string> {
  const people = [life.ann, life.bob, life.cat];
  const read = await Promise.all(people.map(({ token }) => readAs(rest(url, token), people)));
  return JSON.stringify([read, await readSince(url, life)], undefined, 1);
}

async function readAs(api: Rest, people: readonly Member[]): Promise<unknown[]> {
  const get = async <T>(path: string) => (await api.get<T>(path)).data;
  const channels = await get<Record<'direct' | 'group', Channel[]>>('/channels');
  const found = [
    channels,
    await get('/users/profile'),
    await get('/users/search?username=a'),
    await get('/conversations'),
  ];
  for (const { id } of [...channels.direct, ...channels.group]) {
    found.push(await get(`/channels/${id}`), await history(api, `/messages/channel/${id}`));
  }
  for (const { id } of people) found.push(await history(api, `/messages/friend/${id}`));
  return found;
}

async function readSince(url: string, { bob, channelId }: ChatLife): Promise<unknown[]> {
  const client = await connect('raw', url, { token: bob.token });
  const { last_seq } = await client.call('channel.join', { channel_id: channelId, since: 3 });
  await client.next(({ seq }) => seq === last_seq);
  await client.close();
  return client.frames.filter(({ seq }) => seq !== undefined).map(({ type, seq, data }) => ({ type, seq, data }));
}
