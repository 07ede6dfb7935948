import { expect, it } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import type { PresenceQueries } from '../../src/realtime/presence/queries.ts';
import { ADMIN_EMAIL } from './chat-under-test.ts';
import { expectFailure, failedFields, useHttp } from './http-under-test.ts';

const http = useHttp();
const done = { success: true, data: null, message: expect.stringMatching(/\S/) };

let admin: Principal | undefined;
async function theAdmin(): Promise<Principal> {
  admin ??= await http().chat.user(ADMIN_EMAIL);
  return admin;
}

/** Users 3 and 5 are live in every channel; 5 can be disconnected. */
const STATS = {
  connectedUsers: 2,
  connections: 3,
  totalChannels: 1,
  channelMembers: [{ channelId: 9, memberCount: 2 }],
  nodes: 2,
};
const live: PresenceQueries = {
  stats: async () => STATS,
  members: async () => [3, 5],
  users: async () => [3, 5],
  statuses: async () => [{ user_id: 3, status: 'offline', last_seen_at: '2026-01-01T12:00:00.000Z' }],
  disconnect: async (userId) => userId === 5,
};
const call = (request: string, options = {}) => http().with({ live }).call(request, options);

it('shows figures and users to everybody who is signed in', async () => {
  const [ann] = await http().users();
  expect((await call('GET /api/v1/ws/stats', { as: ann })).body).toEqual({ success: true, data: STATS });
  expect((await call('GET /api/v1/ws/users', { as: ann })).body).toEqual({
    success: true,
    data: { users: [3, 5], count: 2 },
  });
});

it('shows who is there, of up to 100 users', async () => {
  const [ann] = await http().users();
  const path = '/api/v1/users/presence';
  expect((await call(`GET ${path}?ids=5,3,3`, { as: ann })).body).toEqual({
    success: true,
    data: { users: [{ userId: 3, status: 'offline', lastSeenAt: '2026-01-01T12:00:00.000Z' }], hidden: [5] },
  });
  const many = Array.from({ length: 101 }, (_, index) => index + 1).join(',');
  for (const query of ['', '?ids=', '?ids=x', '?ids=0', '?ids=1,,2', `?ids=${many}`]) {
    expect(failedFields(await call(`GET ${path}${query}`, { as: ann }))).toEqual(['ids']);
  }
  expectFailure(await call(`GET ${path}?ids=3`), 401, 'UNAUTHORIZED');
});

it('shows who is live in a channel to its members and to admins', async () => {
  const [ann, eve] = await http().users();
  const channelId = await http().chat.group(ann);
  const path = `/api/v1/ws/channels/${channelId}/members`;
  for (const as of [ann, await theAdmin()]) {
    const { body } = await call(`GET ${path}`, { as });
    expect(body).toEqual({ success: true, data: { channelId, members: [3, 5], memberCount: 2 } });
  }
  expectFailure(await call(`GET ${path}`, { as: eve }), 404, 'CHANNEL_NOT_FOUND');
  expect(failedFields(await call('GET /api/v1/ws/channels/x/members', { as: ann }))).toEqual(['channelId']);
});

it('announces what an admin broadcasts', async () => {
  const [ann] = await http().users();
  const channelId = await http().chat.group(ann);
  const path = `/api/v1/ws/channels/${channelId}/broadcast`;
  const as = await theAdmin();
  http().announced.length = 0;
  expect((await call(`POST ${path}`, { as, json: { message: 'Tea is ready' } })).body).toEqual(done);
  await call(`POST ${path}`, { as, json: { message: 'Fire', type: 'alarm' } });
  expect(http().announced).toEqual([
    { type: 'admin.message', channelId, message: 'Tea is ready', kind: 'admin' },
    { type: 'admin.message', channelId, message: 'Fire', kind: 'alarm' },
  ]);
  expectFailure(await call(`POST ${path}`, { as: ann, json: { message: 'x' } }), 403, 'FORBIDDEN');
  expect(failedFields(await call(`POST ${path}`, { as, json: { message: '' } }))).toEqual(['message']);
  const nowhere = await call('POST /api/v1/ws/channels/2000000000/broadcast', { as, json: { message: 'x' } });
  expectFailure(nowhere, 404, 'CHANNEL_NOT_FOUND');
});

it('lets an admin disconnect a user', async () => {
  const [ann] = await http().users();
  const as = await theAdmin();
  expect((await call('DELETE /api/v1/ws/users/5', { as })).body).toEqual(done);
  expectFailure(await call('DELETE /api/v1/ws/users/6', { as }), 404, 'USER_NOT_FOUND');
  expect(failedFields(await call('DELETE /api/v1/ws/users/x', { as }))).toEqual(['userId']);
  expectFailure(await call('DELETE /api/v1/ws/users/5', { as: ann }), 403, 'FORBIDDEN');
});

it('asks for an upgrade where WebSocket is spoken', async () => {
  const reply = await call('GET /api/v1/ws');
  expectFailure(reply, 426, 'UPGRADE_REQUIRED');
  expect(reply.headers.get('upgrade')).toBe('websocket');
});
