// The calls about conversations and settings, as clients make them.
import { expect, it } from 'vitest';
import { expectFailure, failedFields, useHttp } from './http-under-test.ts';

const http = useHttp();

it('gives one conversation, and changes what is its users own', async () => {
  const [ann, bob] = await http().users();
  const channelId = await http().chat.group(ann, bob);
  const path = `/api/v1/conversations/c${channelId}`;
  const { body } = await http().call(`GET ${path}`, { as: bob });
  expect(body.data).toMatchObject({ channelId, userId: null, type: 'group', role: 'member', muted: false });
  const json = { muted: true, ownMetadata: { color: 'red' } };
  const changed = await http().call(`PATCH ${path}`, { as: bob, json });
  expect(changed).toMatchObject({ status: 200, body: { data: { channelId, ...json } } });
  const cleared = await http().call(`PATCH ${path}`, { as: bob, json: { ownMetadata: { color: null } } });
  expect(cleared.body.data).toMatchObject({ muted: true, ownMetadata: {} });
  expect((await http().call(`PATCH ${path}`, { as: bob, json: {} })).body).toEqual(cleared.body);
});

it.each(['7', 'x7', 'c', 'c0', 'd9.3', 'c99999999999', 'c2147483648'])('refuses %s as a conversation', async (name) => {
  const [ann] = await http().users();
  for (const [method, more] of [
    ['GET', {}],
    ['PATCH', { json: { muted: true } }],
  ] as const) {
    const answer = await http().call(`${method} /api/v1/conversations/${name}`, { as: ann, ...more });
    expect(failedFields(answer)).toEqual(['log']);
  }
});

it.each([
  [{ muted: 'soon' }, ['muted']],
  [{ muted: 1 }, ['muted']],
  [{ archived: 'yes' }, ['archived']],
  [{ notify: 'some' }, ['notify']],
  [{ ownMetadata: [] }, ['ownMetadata']],
  [{ ownMetadata: null }, ['ownMetadata']],
  [{ ownMetadata: { a: 'x'.repeat(4089) } }, ['ownMetadata']],
  [{ ownMetadata: { a: 'nul\u0000' } }, ['ownMetadata']],
  [{ ownMetadata: { a: { b: { c: { d: { e: { f: 1 } } } } } } }, ['ownMetadata']],
])('refuses to set %j, and changes nothing', async (json, fields) => {
  const [ann] = await http().users();
  const path = `/api/v1/conversations/c${await http().chat.group(ann)}`;
  const before = await http().call(`GET ${path}`, { as: ann });
  const refused = await http().call(`PATCH ${path}`, { as: ann, json: { favourite: true, ...json } });
  expect(failedFields(refused)).toEqual(fields);
  expect((await http().call(`GET ${path}`, { as: ann })).body).toEqual(before.body);
});

it('tells strangers nothing', async () => {
  const [ann, eve] = await http().users();
  const channelId = await http().chat.group(ann);
  for (const name of [`c${channelId}`, 'c2000000000']) {
    const path = `/api/v1/conversations/${name}`;
    expectFailure(await http().call(`GET ${path}`, { as: eve }), 404, 'CHANNEL_NOT_FOUND');
    expectFailure(await http().call(`PATCH ${path}`, { as: eve, json: {} }), 404, 'CHANNEL_NOT_FOUND');
  }
  expectFailure(await http().call(`GET /api/v1/conversations/d${ann.id}`, { as: eve }), 404, 'USER_NOT_FOUND');
});

it('keeps settings of the account, and returns all of them', async () => {
  const [ann] = await http().users();
  const set = (json: object) => http().call('PATCH /api/v1/users/settings', { as: ann, json });
  const data = { receipts: false, showPresence: true, directMessages: 'shared' };
  expect((await set({ receipts: false, directMessages: 'shared' })).body).toEqual({ success: true, data });
  expect((await set({})).body).toEqual({ success: true, data });
  expect(failedFields(await set({ receipts: 'no' }))).toEqual(['receipts']);
  expect(failedFields(await set({ directMessages: 'none' }))).toEqual(['directMessages']);
});
