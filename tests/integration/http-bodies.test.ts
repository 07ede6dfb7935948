import { expect, it } from 'vitest';
import { MAX_TEXT_LENGTH } from './chat-under-test.ts';
import { expectFailure, failedFields, useHttp } from './http-under-test.ts';

const http = useHttp();
const REGISTER = 'POST /api/v1/auth/register';
const JSON_TYPE = { 'content-type': 'application/json' };
const LIMIT = 128 * 1024;

const streamOf = (...chunks: Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });

it.each(['{', '{"a":}', "{'a':1}", 'nul', '{"a":1}{"b":2}', '[1,]'])('refuses %s as malformed', async (raw) => {
  expectFailure(await http().call(REGISTER, { raw, headers: JSON_TYPE }), 400, 'MALFORMED_JSON');
});

it('refuses bytes that are no UTF-8 as malformed, and goes on', async () => {
  const raw = new Uint8Array([
    ...new TextEncoder().encode('{"username":"'),
    0xc3,
    0x28,
    ...new TextEncoder().encode('"}'),
  ]);
  expectFailure(await http().call(REGISTER, { raw, headers: JSON_TYPE }), 400, 'MALFORMED_JSON');
  expect(failedFields(await http().call(REGISTER, { json: {} }))).toEqual(['username', 'email', 'password']);
});

it.each(['[]', 'null', '"text"', '7', 'true', '[{"username":"ann"}]'])(
  'refuses %s, which is no object',
  async (raw) => {
    expect(failedFields(await http().call(REGISTER, { raw, headers: JSON_TYPE }))).toEqual(['']);
  },
);

it('refuses a body that is missing', async () => {
  expect(failedFields(await http().call(REGISTER))).toEqual(['']);
  expect(failedFields(await http().call(REGISTER, { raw: '', headers: JSON_TYPE }))).toEqual(['']);
});

it.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  '',
])('refuses a body of type "%s"', async (type) => {
  const headers = { 'content-type': type };
  expectFailure(await http().call(REGISTER, { raw: '{}', headers }), 415, 'UNSUPPORTED_MEDIA_TYPE');
});

it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/vnd.chat+json'])(
  'reads a body of type "%s"',
  async (type) => {
    const reply = await http().call(REGISTER, { raw: '{}', headers: { 'content-type': type } });
    expect(failedFields(reply)).toEqual(['username', 'email', 'password']);
  },
);

it('ignores the body where it needs none', async () => {
  const ann = await http().chat.user();
  const id = await http().chat.group(ann);
  const reply = await http().call(`POST /api/v1/channels/${id}/leave`, { as: ann, raw: 'whatever' });
  expect(reply.status).toBe(200);
});

it.each([
  ['declared', (text: string) => text, { 'content-length': String(LIMIT + 1) }],
  ['not declared', (text: string) => streamOf(new TextEncoder().encode(text)), {}],
  [
    'chunked',
    (text: string) => streamOf(new TextEncoder().encode(text)),
    { 'transfer-encoding': 'chunked', 'content-length': '2' },
  ],
])('refuses a body that is too large, its length %s', async (_, body, length) => {
  const raw = body(`{"username":"${'a'.repeat(LIMIT - 14)}"}`);
  expectFailure(await http().call(REGISTER, { raw, headers: { ...JSON_TYPE, ...length } }), 413, 'PAYLOAD_TOO_LARGE');
});

it('reads a chunked body of exactly the limit', async () => {
  const text = `{"email":"${'a'.repeat(LIMIT - 12)}"}`;
  const bytes = new TextEncoder().encode(text);
  const raw = streamOf(bytes.subarray(0, 1000), bytes.subarray(1000));
  expect(failedFields(await http().call(REGISTER, { raw, headers: JSON_TYPE }))).toContain('email');
});

it('has room for the longest text with each of its characters escaped', async () => {
  const maxTextLength = 200_000;
  const reply = await http()
    .with({ maxTextLength })
    .call(REGISTER, { raw: `{"email":"${'\\u00e9'.repeat(maxTextLength)}"}`, headers: JSON_TYPE });
  expect(failedFields(reply)).toContain('email');
});

it('shrugs off keys of the language, repeated keys, deep nesting and numbers beyond all bounds', async () => {
  const ann = await http().chat.user();
  const id = await http().chat.group(ann);
  const send = (raw: string) => http().call('POST /api/v1/messages', { as: ann, raw, headers: JSON_TYPE });
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const odd = await send(
    `{"__proto__":{"text":"no"},"constructor":1,"deep":${deep},"text":"first","text":"last","channelId":${id},"sender_id":99}`,
  );
  expect(odd.status).toBe(201);
  expect(odd.body.data).toMatchObject({ text: 'last', senderId: ann.id });
  expect(failedFields(await send('{"__proto__":{"text":"no"},"channelId":1}'))).toEqual(['text']);
  for (const number of ['1e999', '-1', '0', '2147483648', '1.5', '"x"', '{}']) {
    expect(failedFields(await send(`{"channelId":${number},"text":"hi"}`))).toEqual(['channelId']);
  }
});

it('refuses strings that cannot be stored, without repeating them', async () => {
  const ann = await http().chat.user();
  const id = await http().chat.group(ann);
  for (const text of ['secret\\u0000', 'secret\\ud800', '\\udc00secret']) {
    const raw = `{"channelId":${id},"text":"${text}"}`;
    const reply = await http().call('POST /api/v1/messages', { as: ann, raw, headers: JSON_TYPE });
    expect(failedFields(reply)).toEqual(['text']);
    expect(JSON.stringify(reply.body)).not.toContain('secret');
  }
  const name = await http().call('GET /api/v1/users/search?username=a%00b', { as: ann });
  expect(failedFields(name)).toEqual(['username']);
});

it('refuses a text that is longer than the setting allows', async () => {
  const ann = await http().chat.user();
  const json = { receiverId: ann.id, text: 'a'.repeat(MAX_TEXT_LENGTH + 1) };
  expect(failedFields(await http().call('POST /api/v1/messages', { as: ann, json }))).toEqual(['text']);
});
