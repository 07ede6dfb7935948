// A program on the types of openapi-typescript and the client openapi-fetch: what it learns of the service at argv[2], as
// JSON. It is compiled by openapi-clients.test.ts, beside the generated types.
import createClient from 'openapi-fetch';
import type { paths } from './generated/schema.js';

const client = createClient<paths>({ baseUrl: process.argv[2] ?? '' });
const PASSWORD = 'correct horse';

interface Answered<T, E> {
  readonly data?: T;
  readonly error?: E;
  readonly response: Response;
}

function expected<T, E>({ data, error }: Answered<T, E>): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

async function register(username: string) {
  const email = `${username}@example.com`;
  return expected(await client.POST('/api/v1/auth/register', { body: { username, email, password: PASSWORD } }));
}

await register('bob-openapi-fetch');
const ada = (await register('ada-openapi-fetch')).data.user;
const bobs = await client.POST('/api/v1/auth/login', {
  body: { email: 'bob-openapi-fetch@example.com', password: PASSWORD },
});
const { user, token } = expected(bobs).data;
client.use({
  onRequest({ request }) {
    request.headers.set('Authorization', `Bearer ${token}`);
  },
});

const made = await client.POST('/api/v1/channels', { body: { type: 'group', name: 'Tea', userIds: [ada.id] } });
const channel = expected(made).data;
const channelPath = { path: { id: channel.id } };

const sent = [];
for (const text of ['one', 'two', 'three']) {
  const reply = await client.POST('/api/v1/messages', { body: { channelId: channel.id, text } });
  sent.push(expected(reply).data);
}
const newest = expected(
  await client.GET('/api/v1/messages/channel/{id}', { params: { ...channelPath, query: { limit: 2 } } }),
);
const before = newest.data[0]?.id ?? 0;
const older = expected(
  await client.GET('/api/v1/messages/channel/{id}', { params: { ...channelPath, query: { limit: 2, before } } }),
);

const messagePath = { path: { id: sent[0]?.id ?? 0 } };
const edited = await client.PATCH('/api/v1/messages/{id}', { params: messagePath, body: { text: 'uno' } });
const deleted = await client.DELETE('/api/v1/messages/{id}', { params: messagePath });
const gone = await client.GET('/api/v1/messages/{id}', { params: messagePath });
const removed = await client.DELETE('/api/v1/channels/{id}/users', {
  params: { ...channelPath, query: { userId: ada.id } },
});
const invalid = await client.GET('/api/v1/users/search', { params: { query: { username: '' } } });
const anonymous = createClient<paths>({ baseUrl: process.argv[2] ?? '' });
const refused = await anonymous.GET('/api/v1/conversations');

/** All codes that this call can fail with: to forget one, or to name another, does not compile. */
const CODES: Record<NonNullable<typeof gone.error>['code'], string> = {
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
  void client.GET('/api/v1/messages/channel/{id}', { params: { ...channelPath, query } });
  // @ts-expect-error the type is needed
  void client.POST('/api/v1/channels', { body: { name: 'x' } });
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
    refused: [refused.response.status, refused.error?.code],
  }),
);
