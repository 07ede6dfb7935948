// A program on the client that @hey-api/openapi-ts makes: what it learns of the service at argv[2], as JSON. It is compiled
// by openapi-clients.test.ts, beside the generated client.
import { createClient } from './generated/client/index.js';
import { client } from './generated/client.gen.js';
import {
  createChannel,
  deleteMessage,
  editMessage,
  getMessage,
  listChannelMessages,
  listConversations,
  login,
  register,
  removeMember,
  searchUsers,
  sendMessage,
} from './generated/sdk.gen.js';
import type { GetMessageError } from './generated/types.gen.js';

const baseUrl = process.argv[2] ?? '';
const PASSWORD = 'correct horse';
client.setConfig({ baseUrl });

function expected<T, E>({ data, error }: { readonly data?: T; readonly error?: E }): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

async function registered(username: string) {
  const email = `${username}@example.com`;
  return expected(await register({ body: { username, email, password: PASSWORD } })).data.user;
}

await registered('bob-hey-api');
const ada = await registered('ada-hey-api');
const { user, token } = expected(await login({ body: { email: 'bob-hey-api@example.com', password: PASSWORD } })).data;
client.setConfig({ baseUrl, auth: token });

const made = await createChannel({ body: { type: 'group', name: 'Tea', userIds: [ada.id] } });
const channel = expected(made).data;
const path = { id: channel.id };

const sent = [];
for (const text of ['one', 'two', 'three'])
  sent.push(expected(await sendMessage({ body: { channelId: channel.id, text } })).data);
const newest = expected(await listChannelMessages({ path, query: { limit: 2 } }));
const before = newest.data[0]?.id ?? 0;
const older = expected(await listChannelMessages({ path, query: { limit: 2, before } }));

const message = { id: sent[0]?.id ?? 0 };
const edited = await editMessage({ path: message, body: { text: 'uno' } });
const deleted = await deleteMessage({ path: message });
const gone = await getMessage({ path: message });
const removed = await removeMember({ path, query: { userId: ada.id } });
const invalid = await searchUsers({ query: { username: '' } });
const refused = await listConversations({ client: createClient({ baseUrl }) });

/** All codes that this call can fail with: to forget one, or to name another, does not compile. */
const CODES: Record<GetMessageError['code'], string> = {
  VALIDATION_FAILED: 'invalid',
  UNAUTHORIZED: 'signed out',
  MESSAGE_NOT_FOUND: 'gone',
  RATE_LIMITED: 'later',
  INTERNAL: 'broken',
  UNAVAILABLE: 'away',
};

/** Never called: what must not compile. */
export function mistakes() {
  const query = {} as { limit: string };
  // @ts-expect-error a limit is a number
  void listChannelMessages({ path, query });
  // @ts-expect-error the type is needed
  void createChannel({ body: { name: 'x' } });
  // @ts-expect-error there is no such code
  return gone.error?.code === 'NO_SUCH_CODE';
}

console.log(
  JSON.stringify({
    user: user.username,
    channel: channel.name,
    newest: newest.data.map(({ text }) => text),
    newestHasMore: newest.pagination.hasMore,
    older: older.data.map(({ text }) => text),
    olderHasMore: older.pagination.hasMore,
    edited: expected(edited).data.text,
    deleted: expected(deleted).message,
    removed: expected(removed).success,
    gone: gone.error && CODES[gone.error.code],
    invalid: invalid.error?.code === 'VALIDATION_FAILED' ? invalid.error.details?.map(({ path }) => path) : null,
    refused: [refused.response?.status, refused.error?.code],
  }),
);
