// What the page of the document shows first under "Try it out" works as it stands: every call of the document, in a fresh
// service, each after what it needs has come about.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CheckAnswer, createAnswerCheck } from '../support/document-check.ts';
import { embeddedTarget, withService } from '../support/service-under-test.ts';
import { openWs, type WsClient } from '../support/ws-client.ts';

interface Parameter {
  readonly in: 'path' | 'query';
  readonly name: string;
  readonly example?: unknown;
  readonly schema: { readonly default?: unknown };
}

interface Call {
  readonly operationId: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly example: unknown } } };
}

interface RoutedCall extends Call {
  readonly method: string;
  readonly path: string;
}

interface OpenApi {
  readonly servers: readonly [{ readonly url: string }];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Call>>>>;
}

// The user of the examples is an admin, so that the calls of admins succeed too.
const service = withService(embeddedTarget(), { ADMIN_EMAILS: 'ada@example.com' });
const calls = new Map<string, RoutedCall>();
const ids = { ada: 1, bob: 2, channel: 1 };
let server = '';
let check: CheckAnswer;
let bobsConnection: WsClient | undefined;
/** By name: `ada` is the user of the examples, and has signed in by them. */
const tokens = { ada: '', bob: '' };

beforeAll(async () => {
  check = await createAnswerCheck();
  const address = `${service.url(0)}/openapi.json`;
  const document = (await (await fetch(address)).json()) as OpenApi;
  server = new URL(document.servers[0].url, address).href.replace(/\/$/, '');
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, call] of Object.entries(methods)) calls.set(call.operationId, { ...call, method, path });
  }
});
afterAll(() => bobsConnection?.close());

/** All calls, in an order in which each finds what it needs. */
const STEPS: readonly (readonly [operationId: string, prepare?: () => Promise<unknown>])[] = [
  ['register'],
  ['login'],
  ['getProfile'],
  ['updateProfile'],
  ['updateSettings'],
  ['searchUsers'],
  ['getPresence'],
  ['createChannel'],
  ['listChannels'],
  ['getChannel'],
  ['renameChannel'],
  ['addMember', registerBob],
  ['removeMember'],
  ['addMemberByFormerName'],
  ['removeMemberByFormerName'],
  ['sendMessage'],
  ['listChannelMessages'],
  ['listDirectMessages'],
  ['getMessages'],
  ['getMessage'],
  ['listReplies'],
  ['pinMessage'],
  ['listChannelPins'],
  ['listDirectPins'],
  ['unpinMessage'],
  ['editMessage'],
  ['addReaction'],
  ['listReactions'],
  ['listOwnReactions'],
  ['removeReaction'],
  ['listConversations'],
  ['getConversation'],
  ['updateConversation'],
  ['markRead'],
  ['markAllRead'],
  ['sync'],
  ['getLiveStats'],
  ['listLiveUsers'],
  ['listLiveMembers'],
  ['broadcast'],
  ['disconnectUser', connectBob],
  ['getHealth'],
  ['getReadiness'],
  ['getMetrics'],
  ['deleteMessage'],
  // The channel goes on with bob, who lets ada in again.
  ['leaveChannel', () => post('ada', `/channels/${ids.channel}/users`, { userId: ids.bob })],
  ['leaveChannelByFormerName', () => post('bob', `/channels/${ids.channel}/users`, { userId: ids.ada })],
  ['deleteChannel', giveTheChannelToAda],
  ['logoutAll'],
  ['logout'],
];

async function registerBob(): Promise<void> {
  const { token } = await post('ada', '/auth/register', {
    username: 'bob',
    email: 'bob@example.com',
    password: 'secret',
  });
  tokens.bob = token;
}

async function connectBob(): Promise<void> {
  bobsConnection = await openWs(`${service.url(0)}/api/v1/ws`, { token: tokens.bob });
  await bobsConnection.next('connection.connect');
}

async function giveTheChannelToAda(): Promise<void> {
  await post('bob', `/channels/${ids.channel}/users`, { userId: ids.ada });
  await post('bob', `/channels/${ids.channel}/leave`);
}

async function post(who: keyof typeof tokens, path: string, body?: object): Promise<{ token: string }> {
  const headers = { authorization: `Bearer ${tokens[who]}`, 'content-type': 'application/json' };
  const init = { method: 'POST', headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${service.url(0)}/api/v1${path}`, init);
  expect(response.ok, path).toBe(true);
  return (await response.json()) as { token: string };
}

test('they are all calls of the document', () => {
  expect(STEPS.map(([id]) => id).sort()).toEqual([...calls.keys()].sort());
});

for (const [operationId, prepare] of STEPS) {
  test(operationId, async () => {
    await prepare?.();
    const call = calls.get(operationId);
    if (!call) throw new Error('The document lacks the call');
    const { path, status, body } = await tryOut(call);
    expect(status, `${path} ${JSON.stringify(body)}`).toBeLessThan(300);
    if (operationId === 'register' || operationId === 'login') tokens.ada = (body as { token: string }).token;
  });
}

/** Sends what the page has filled in; fails if the document does not know the answer. */
async function tryOut({ method, path, security, parameters = [], requestBody }: RoutedCall) {
  const url = new URL(server + path.replaceAll(/\{(\w+)\}/g, (_, name) => String(shown(parameters, name))));
  for (const { in: place, name } of parameters) {
    const value = shown(parameters, name);
    if (place === 'query' && value !== undefined) url.searchParams.set(name, String(value));
  }
  const headers = {
    ...(!security && { authorization: `Bearer ${tokens.ada}` }),
    ...(requestBody && { 'content-type': 'application/json' }),
  };
  const body = requestBody && { body: JSON.stringify(requestBody.content['application/json'].example) };
  const response = await fetch(url, { method: method.toUpperCase(), headers, ...body });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json');
  const answer = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  check({ method: method.toUpperCase(), path: url.pathname, ...answer });
  return { path: url.pathname, ...answer };
}

/** What swagger-ui fills in for a parameter: its example, else the default of its schema, else nothing. */
function shown(parameters: readonly Parameter[], name: string): unknown {
  const parameter = parameters.find((candidate) => candidate.name === name);
  return parameter?.example ?? parameter?.schema.default;
}
