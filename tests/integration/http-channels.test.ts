import { expect, it } from 'vitest';
import { expectFailure, failedFields, useHttp } from './http-under-test.ts';

const http = useHttp();
const done = { success: true, data: null, message: expect.stringMatching(/\S/) };

it('makes groups and direct channels, and lists both', async () => {
  const [ann, bob] = await http().users();
  const group = { type: 'group', name: 'Tea', userIds: [String(bob.id)], user_id: 7 };
  const made = await http().call('POST /api/v1/channels', { as: ann, json: group });
  expect(made.status).toBe(201);
  const channel = {
    id: expect.any(Number),
    name: 'Tea',
    type: 'group',
    ownerId: ann.id,
    createdAt: expect.stringMatching(/Z$/),
  };
  expect(made.body).toEqual({ success: true, data: channel });

  const direct = { type: 'direct', userIds: [bob.id] };
  const first = await http().call('POST /api/v1/channels', { as: ann, json: direct });
  const second = await http().call('POST /api/v1/channels', { as: ann, json: direct });
  expect([first.status, second.status]).toEqual([201, 200]);
  expect(second.body.data.id).toBe(first.body.data.id);

  const list = await http().call('GET /api/v1/channels', { as: ann });
  expect(list).toMatchObject({ status: 200, body: { success: true } });
  expect(list.body.data.group).toEqual([made.body.data]);
  expect(list.body.data.direct).toEqual([
    { ...channel, id: first.body.data.id, type: 'direct', name: bob.email, avatar: null },
  ]);
  expect((await http().call('GET /api/v1/channels/', { as: ann })).body).toEqual(list.body);
});

it.each([
  [{}, ['type']],
  [{ type: 'group' }, ['name']],
  [{ type: 'group', name: '' }, ['name']],
  [{ type: 'group', name: 'a'.repeat(256) }, ['name']],
  [{ type: 'other', name: 'x' }, ['type']],
  [{ type: 'group', name: 'x', userIds: 'all' }, ['userIds']],
  [{ type: 'group', name: 'x', userIds: [1, 'x'] }, ['userIds.1']],
  [{ type: 'group', name: 'x', userIds: Array.from({ length: 1001 }, (_, i) => i + 1) }, ['userIds']],
])('refuses to make %j', async (json, fields) => {
  const [ann] = await http().users();
  expect(failedFields(await http().call('POST /api/v1/channels', { as: ann, json }))).toEqual(fields);
});

it('shows, renames and deletes a channel', async () => {
  const [ann, bob, eve] = await http().users();
  const id = await http().chat.group(ann, bob);
  const path = `/api/v1/channels/${id}`;
  const detail = await http().call(`GET ${path}`, { as: bob });
  expect(detail.body.data).toMatchObject({ id, members: [{ id: ann.id }, { id: bob.id }] });
  expect(detail.body.data.members[0].joinedAt).toMatch(/Z$/);

  const renamed = await http().call(`PUT ${path}`, { as: bob, json: { name: ' Coffee ' } });
  expect(renamed.body).toEqual({ success: true, data: { ...detail.body.data, name: 'Coffee', members: undefined } });
  expect(failedFields(await http().call(`PUT ${path}`, { as: bob, json: { name: ' ' } }))).toEqual(['name']);

  for (const request of [`GET ${path}`, `DELETE ${path}`, `POST ${path}/leave`]) {
    expectFailure(await http().call(request, { as: eve }), 404, 'CHANNEL_NOT_FOUND');
  }
  expectFailure(await http().call(`PUT ${path}`, { as: eve, json: { name: 'x' } }), 404, 'CHANNEL_NOT_FOUND');
  expectFailure(await http().call(`DELETE ${path}`, { as: bob }), 403, 'FORBIDDEN');
  expect((await http().call(`DELETE ${path}`, { as: ann })).body).toEqual(done);
  expectFailure(await http().call(`GET ${path}`, { as: ann }), 404, 'CHANNEL_NOT_FOUND');
});

it('adds and removes members, in the body or in the query', async () => {
  const [ann, bob, cid] = await http().users();
  const path = `/api/v1/channels/${await http().chat.group(ann)}/users`;
  for (const { id } of [bob, cid]) {
    expect((await http().call(`POST ${path}`, { as: ann, json: { userId: id } })).body).toEqual(done);
  }
  expectFailure(await http().call(`POST ${path}`, { as: ann, json: { userId: bob.id } }), 409, 'ALREADY_MEMBER');
  expectFailure(await http().call(`POST ${path}`, { as: bob, json: { userId: cid.id } }), 403, 'FORBIDDEN');
  expectFailure(await http().call(`POST ${path}`, { as: ann, json: { userId: 2_000_000_000 } }), 404, 'USER_NOT_FOUND');

  expect((await http().call(`DELETE ${path}`, { as: ann, json: { userId: bob.id } })).body).toEqual(done);
  expectFailure(await http().call(`DELETE ${path}`, { as: ann, json: { userId: bob.id } }), 404, 'USER_NOT_FOUND');
  expect((await http().call(`DELETE ${path}?userId=${cid.id}`, { as: ann })).body).toEqual(done);
  expectFailure(await http().call(`DELETE ${path}?userId=${ann.id}`, { as: ann }), 400, 'CANNOT_REMOVE_OWNER');
  for (const request of [`DELETE ${path}`, `DELETE ${path}?userId=x`, `DELETE ${path}?other=1`]) {
    expect(failedFields(await http().call(request, { as: ann }))).toEqual(['userId']);
  }
});

it('lets a member leave, and nobody leave a direct channel', async () => {
  const [ann, bob] = await http().users();
  const group = await http().chat.group(ann, bob);
  expect((await http().call(`POST /api/v1/channels/${group}/leave`, { as: ann })).body).toEqual(done);
  const { body } = await http().call(`GET /api/v1/channels/${group}`, { as: bob });
  expect(body.data).toMatchObject({ ownerId: bob.id });

  const direct = await http().call('POST /api/v1/channels', { as: ann, json: { type: 'direct', userIds: [bob.id] } });
  expectFailure(
    await http().call(`POST /api/v1/channels/${direct.body.data.id}/leave`, { as: ann }),
    400,
    'DIRECT_CHANNEL',
  );
});

it.each(['x', '0', '-1', '1.5', '2147483648', '99999999999', '1e3', '%00', '%ff', '0x1'])(
  'refuses the id %s',
  async (id) => {
    const [ann] = await http().users();
    expect(failedFields(await http().call(`GET /api/v1/channels/${id}`, { as: ann }))).toEqual(['id']);
    expectFailure(await http().call(`GET /api/v1/channels/${id}`), 401, 'UNAUTHORIZED');
  },
);
