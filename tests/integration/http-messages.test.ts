import { expect, it } from 'vitest';
import { expectFailure, failedFields, useHttp } from './http-under-test.ts';

const http = useHttp();
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

it('sends to a channel and to a user, once for each client id', async () => {
  const [ann, bob] = await http().users();
  const channelId = await http().chat.group(ann, bob);
  const json = { channelId: String(channelId), text: 'Hello', url: '', fileName: null, clientId: 'c-1' };
  const sent = await http().call('POST /api/v1/messages', { as: ann, json });
  expect(sent.status).toBe(201);
  const message = {
    id: expect.any(Number),
    seq: 1,
    updatedSeq: 1,
    type: 'text',
    senderId: ann.id,
    senderName: ann.username,
    senderAvatar: null,
    text: 'Hello',
    url: null,
    fileName: null,
    createdAt: time,
    updatedAt: time,
    channelId,
    receiverId: null,
    clientId: 'c-1',
  };
  expect(sent.body).toEqual({ success: true, data: message });
  const again = await http().call('POST /api/v1/messages', { as: ann, json: { ...json, text: 'Another' } });
  expect(again).toMatchObject({ status: 200, body: sent.body });

  const url = 'https://files.example/a.PNG?size=2';
  const direct = await http().call('POST /api/v1/messages', { as: ann, json: { receiverId: bob.id, url } });
  expect(direct.body.data).toMatchObject({ type: 'image', url, text: null, receiverId: bob.id, channelId: null });
});

it.each([
  [{ text: 'x' }, ['channelId']],
  [{ channelId: 1, receiverId: 1, text: 'x' }, ['channelId']],
  [{ channelId: 1 }, ['text']],
  [{ channelId: 1, text: '' }, ['text']],
  [{ channelId: 1, text: 7 }, ['text']],
  [{ channelId: 1, url: 'javascript:alert(1)' }, ['url']],
  [{ channelId: 1, url: `https://x.example/${'a'.repeat(500)}` }, ['url']],
  [{ channelId: 1, fileName: 'a'.repeat(256) }, ['fileName']],
  [{ channelId: 1, text: 'x', clientId: 'a'.repeat(65) }, ['clientId']],
])('refuses to send %j', async (json, fields) => {
  const [ann] = await http().users();
  expect(failedFields(await http().call('POST /api/v1/messages', { as: ann, json }))).toEqual(fields);
});

it('does not let a stranger send, read or learn', async () => {
  const [ann, eve] = await http().users();
  const channelId = await http().chat.group(ann);
  const { id } = await http().chat.say(ann, channelId);
  const json = { channelId, text: 'x' };
  expectFailure(await http().call('POST /api/v1/messages', { as: eve, json }), 404, 'CHANNEL_NOT_FOUND');
  expectFailure(await http().call(`GET /api/v1/messages/channel/${channelId}`, { as: eve }), 404, 'CHANNEL_NOT_FOUND');
  for (const request of [`GET /api/v1/messages/${id}`, `DELETE /api/v1/messages/${id}`]) {
    expectFailure(await http().call(request, { as: eve }), 404, 'MESSAGE_NOT_FOUND');
  }
  const edit = await http().call(`PATCH /api/v1/messages/${id}`, { as: eve, json: { text: 'x' } });
  expectFailure(edit, 404, 'MESSAGE_NOT_FOUND');
  const nobody = { receiverId: 2_000_000_000, text: 'x' };
  expectFailure(await http().call('POST /api/v1/messages', { as: ann, json: nobody }), 404, 'USER_NOT_FOUND');
});

it('pages through a channel, oldest first', async () => {
  const [ann] = await http().users();
  const channelId = await http().chat.group(ann);
  const ids: number[] = [];
  for (const words of ['one', 'two', 'three', 'four']) ids.push((await http().chat.say(ann, channelId, words)).id);
  const page = async (query: string) => {
    const { status, body } = await http().call(`GET /api/v1/messages/channel/${channelId}${query}`, { as: ann });
    expect(status).toBe(200);
    return { texts: body.data.map((message: { text: string }) => message.text), pagination: body.pagination };
  };
  const pagination = { limit: 20, before: null, after: null, hasMore: false };
  expect(await page('')).toEqual({ texts: ['one', 'two', 'three', 'four'], pagination });
  expect(await page('?limit=2')).toEqual({
    texts: ['three', 'four'],
    pagination: { ...pagination, limit: 2, hasMore: true },
  });
  expect(await page(`?limit=2&before=${ids[2]}`)).toEqual({
    texts: ['one', 'two'],
    pagination: { ...pagination, limit: 2, before: ids[2] },
  });
  expect(await page(`?limit=2&after=${ids[0]}`)).toEqual({
    texts: ['two', 'three'],
    pagination: { ...pagination, limit: 2, after: ids[0], hasMore: true },
  });
});

it.each(['limit=0', 'limit=101', 'limit=x', 'limit=', 'before=x', 'before=0', 'after=-1', 'before=1&after=1'])(
  'refuses the page ?%s',
  async (query) => {
    const [ann, bob] = await http().users();
    const field = query.split('=')[0];
    const channelId = await http().chat.group(ann);
    for (const path of [`channel/${channelId}`, `friend/${bob.id}`]) {
      expect(failedFields(await http().call(`GET /api/v1/messages/${path}?${query}`, { as: ann }))).toEqual([field]);
    }
  },
);

it('pages through the direct messages of two users, for both', async () => {
  const [ann, bob] = await http().users();
  await http().chat.tell(ann, bob, 'to bob');
  await http().chat.tell(bob, ann, 'to ann');
  for (const [as, friend] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    const { body } = await http().call(`GET /api/v1/messages/friend/${friend.id}`, { as });
    expect(body.data.map((message: { text: string }) => message.text)).toEqual(['to bob', 'to ann']);
    expect(body.pagination).toEqual({ limit: 20, before: null, after: null, hasMore: false });
  }
  expectFailure(await http().call('GET /api/v1/messages/friend/2000000000', { as: ann }), 404, 'USER_NOT_FOUND');
  expect(failedFields(await http().call('GET /api/v1/messages/friend/x', { as: ann }))).toEqual(['friendId']);
});

it('shows, edits and deletes a message', async () => {
  const [ann, bob] = await http().users();
  const channelId = await http().chat.group(ann, bob);
  const { id } = await http().chat.say(bob, channelId, 'first');
  const path = `/api/v1/messages/${id}`;
  expect((await http().call(`GET ${path}`, { as: ann })).body.data).toMatchObject({ id, text: 'first', seq: 1 });
  const edited = await http().call(`PATCH ${path}`, { as: bob, json: { text: 'second' } });
  expect(edited.body.data).toMatchObject({ id, text: 'second', seq: 1, updatedSeq: 2 });
  expect(edited.body.data).not.toHaveProperty('deleted');
  expect(failedFields(await http().call(`PATCH ${path}`, { as: bob, json: { text: '' } }))).toEqual(['text']);
  expectFailure(await http().call(`PATCH ${path}`, { as: ann, json: { text: 'x' } }), 403, 'FORBIDDEN');

  const done = { success: true, data: null, message: expect.stringMatching(/\S/) };
  expect((await http().call(`DELETE ${path}`, { as: ann })).body).toEqual(done);
  expectFailure(await http().call(`GET ${path}`, { as: bob }), 404, 'MESSAGE_NOT_FOUND');
});

it('lists the conversations, the latest first', async () => {
  const [ann, bob] = await http().users();
  const channelId = await http().chat.group(ann, bob);
  await http().chat.say(bob, channelId);
  await http().chat.tell(bob, ann);
  const { body } = await http().call('GET /api/v1/conversations', { as: ann });
  expect(body).toMatchObject({
    success: true,
    data: [
      { channelId: null, userId: bob.id, lastSeq: 1, lastEventAt: time },
      { channelId, userId: null, lastSeq: 1, lastEventAt: time },
    ],
  });
});
