// Whatever a peer sends, over each transport, signed in or not: it is answered, nothing is a failure of the service's own,
// the process lives, and others are answered as ever.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import WebSocket from 'ws';
import { CLIENT_FRAMES } from '../../src/protocol/client-frames.ts';
import { type Person, register } from '../conformance/service/kit/people.ts';
import { type ChatClient, connect } from '../support/contract-clients.ts';
import { embeddedTarget, type Service } from '../support/service-under-test.ts';
import { openPolling, openWire, type Polling } from '../support/socketio-wire.ts';
import { check, TIMEOUT_MS } from './kit/check.ts';
import { fieldsOf, HOSTILE_EXAMPLES, hostileFields, hostileJson, objectText } from './kit/hostile.ts';

vi.setConfig({ testTimeout: TIMEOUT_MS });

let service: Service;
let ann: Person;
let bystander: ChatClient;

beforeAll(async () => {
  service = await embeddedTarget().start();
  ann = await register(service, 'ann');
  bystander = await connect('raw', service.url(0), { token: (await register(service, 'other')).token });
}, 180_000);
afterAll(() => service?.stop());

/** Whatever was sent: others are served, and nothing failed in a way that the service did not foresee. */
afterEach(async () => {
  await bystander.fence();
  const [node] = service.nodes;
  expect(node?.log.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  expect(node?.noise).toEqual([]);
});

const TYPES = CLIENT_FRAMES.map(({ type, data }) => ({ type, names: fieldsOf(data) }));

/** Each field of each frame with each hostile value, and each part of a frame. */
const FRAMES: readonly string[] = [
  ...TYPES.flatMap(({ type, names }) =>
    names.flatMap((name) =>
      HOSTILE_EXAMPLES.map((json) => `{"type":"${type}","data":${objectText({ [name]: json })}}`),
    ),
  ),
  ...HOSTILE_EXAMPLES.flatMap((json) => [
    json,
    `{"type":${json}}`,
    `{"type":"ping","id":${json}}`,
    `{"type":"ping","data":${json}}`,
    `{"type":"channel.join","data":${json}}`,
    `{"type":"ping","then":${json},"__proto__":${json}}`,
  ]),
];

const frame = fc.oneof(
  fc
    .constantFrom(...TYPES)
    .chain(({ type, names }) =>
      hostileFields(names).map((fields) => `{"type":"${type}","data":${objectText(fields)}}`),
    ),
  hostileJson,
);

/** Events of Socket.IO, as packets: each event's argument may be anything, and so may its name and its number. */
const EVENTS = ['authenticate', 'join_channel', 'leave_channel', 'message'];
const DATA_OF: Record<string, readonly string[]> = {
  authenticate: ['token'],
  join_channel: ['channel_id', 'since'],
  leave_channel: ['channel_id'],
};
const PACKETS: readonly string[] = [
  ...FRAMES.map((json) => `42["message",${json}]`),
  ...EVENTS.flatMap((name) =>
    HOSTILE_EXAMPLES.flatMap((json) => [
      `42["${name}",${json}]`,
      `427["${name}",${json}]`,
      ...(DATA_OF[name] ?? []).map((field) => `42["${name}",${objectText({ [field]: json })}]`),
    ]),
  ),
  ...HOSTILE_EXAMPLES.flatMap((json) => [
    `42[${json}]`,
    `42${json}`,
    `43[${json}]`,
    `44${json}`,
    `451-["message",${json}]`,
  ]),
];

/** Sends all, and tells whether a ping behind them was answered, or the connection ended before. */
type Send = (texts: readonly string[]) => Promise<'answered' | 'ended'>;

/** A text for a token is a bad one, which ends a connection that nobody has signed in. */
const ENDS = /"authenticate",(?:"data":)?\{"token":"/;

/** In portions, so that the answers of one do not pile up behind the next. */
async function sendAll(texts: readonly string[], send: Send): Promise<void> {
  const others = texts.filter((text) => !ENDS.test(text));
  for (let at = 0; at < others.length; at += 200) expect(await send(others.slice(at, at + 200))).toBe('answered');
  for (const text of texts.filter((one) => ENDS.test(one))) await send([text]);
}

const url = () => service.url(0);

async function overRaw(texts: readonly string[], isSignedIn: boolean): ReturnType<Send> {
  const headers = isSignedIn ? { authorization: `Bearer ${ann.token}` } : {};
  const socket = new WebSocket(`${url().replace('http', 'ws')}/api/v1/ws`, { headers });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const over = new Promise<'answered' | 'ended'>((resolve) => {
    socket.on('close', () => resolve('ended'));
    socket.on('message', (data) => String(data).includes('"id":"behind all"') && resolve('answered'));
  });
  for (const text of texts) socket.send(text);
  socket.send('{"type":"ping","id":"behind all"}');
  const how = await over;
  socket.terminate();
  return how;
}

async function overWebSocket(packets: readonly string[], isSignedIn: boolean, auth?: string): ReturnType<Send> {
  const { socket, texts, closed } = await openWire(url());
  const answered = new Promise<'answered'>((resolve) => {
    socket.on('message', (data) => String(data).includes('4399') && resolve('answered'));
  });
  socket.send(`40${auth ?? (isSignedIn ? JSON.stringify({ token: ann.token }) : '')}`);
  for (const packet of packets) socket.send(packet);
  socket.send('4299["message",{"type":"ping"}]');
  const how = await Promise.race([answered, closed.then(() => 'ended' as const)]);
  expect(texts.length).toBeGreaterThan(0);
  socket.terminate();
  return how;
}

async function overPolling(packets: readonly string[], isSignedIn: boolean): Promise<void> {
  let client = await openPolling(url());
  const connect = `40${isSignedIn ? JSON.stringify({ token: ann.token }) : ''}`;
  await client.post(connect);
  for (const packet of [...packets.filter((one) => !one.includes('\u001e')), '4299["message",{"type":"ping"}]']) {
    const status = await client.post(packet);
    expect([200, 400, 413], packet.slice(0, 100)).toContain(status);
    if (status === 200) continue;
    // It is over, as for a bad token.
    client = await openPolling(url());
    await client.post(connect);
  }
  await readUntilOver(client);
}

async function readUntilOver({ poll }: Polling): Promise<void> {
  for (let got = ''; !/4399|^1$|"code":1/.test(got); ) got = await poll();
}

describe.each([
  ['signed out', false],
  ['signed in', true],
])('%s', (_who, isSignedIn) => {
  test('raw WebSocket: every field of every frame', async () => {
    await sendAll(FRAMES, (texts) => overRaw(texts, isSignedIn));
    await check('hostile frames', fc.array(frame, { minLength: 1, maxLength: 20 }), 40, async (texts) => {
      await overRaw(texts, isSignedIn);
    });
  });

  test('Socket.IO over WebSocket: every event and every packet', async () => {
    await sendAll(PACKETS, (packets) => overWebSocket(packets, isSignedIn));
    const packet = fc.tuple(fc.constantFrom(...EVENTS, '__proto__', 'disconnect', 'error'), frame);
    const packets = fc.array(
      packet.map(([name, json]) => `42["${name}",${json}]`),
      { minLength: 1, maxLength: 20 },
    );
    await check('hostile packets', packets, 40, async (all) => {
      await overWebSocket(all, isSignedIn);
    });
  });

  test('Socket.IO over polling', async () => {
    const every = Math.ceil(PACKETS.length / 400);
    await overPolling(
      PACKETS.filter((_, index) => index % every === 0),
      isSignedIn,
    );
  });
});

test('Socket.IO: every auth of a handshake, and queries of both versions', async () => {
  for (const json of HOSTILE_EXAMPLES) {
    await overWebSocket([], false, json);
    await overWebSocket([], false, `{"token":${json}}`);
    await overWebSocket([], false, `{"pid":${json},"offset":${json},"token":"x"}`);
  }
  for (const value of ['%00', '%ED%A0%80', '__proto__', '[object Object]', '%', 'a'.repeat(4_000)]) {
    for (const name of ['token', 'sid', 'EIO', 'transport', 'j', 'b64', '__proto__', 'token[length]']) {
      for (const path of ['/socket.io/?EIO=4&transport=polling&', '/socket.io/?', '/api/v1/ws?']) {
        const { status } = await fetch(`${url()}${path}${name}=${value}`);
        expect(status, `${path}${name}=${value.slice(0, 20)}`).toBeLessThan(500);
      }
    }
  }
});

interface Operation {
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: JsonSchema }> };
}
interface JsonSchema {
  readonly properties?: Record<string, unknown>;
  readonly allOf?: readonly JsonSchema[];
  readonly $ref?: string;
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components?: { readonly schemas?: Record<string, JsonSchema> };
}

describe('REST', () => {
  interface Call {
    readonly method: string;
    readonly path: string;
    readonly query: readonly string[];
    readonly body: readonly string[];
  }

  /** All that the published document knows. */
  async function calls(): Promise<Call[]> {
    const { paths, components } = (await (await fetch(`${url()}/openapi.json`)).json()) as Document;
    const propertiesOf = ({ $ref, properties = {}, allOf = [] }: JsonSchema): string[] => {
      const named = $ref === undefined ? undefined : components?.schemas?.[$ref.split('/').at(-1) as string];
      return [...Object.keys(properties), ...allOf.flatMap(propertiesOf), ...(named ? propertiesOf(named) : [])];
    };
    return Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { parameters = [], requestBody }]) => ({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, '1'),
        query: parameters.filter((one) => one.in === 'query').map(({ name }) => name),
        body: propertiesOf(requestBody?.content['application/json']?.schema ?? {}),
      })),
    );
  }

  /** The answer is the API's, whatever it says, and never a failure of its own. */
  async function call({ method, path }: Call, token: string | undefined, body?: string, query = ''): Promise<void> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(`${url()}${path}${query}`, { method, headers, body: body ?? null });
    const text = await response.text();
    expect(response.status, `${method} ${path}${query} ${body?.slice(0, 200)}: ${text}`).toBeLessThan(500);
  }

  test.each(['signed out', 'signed in'])('%s: every field of every body and query', async (who) => {
    const { token } = who === 'signed in' ? await register(service, 'changes') : { token: undefined };
    const all = await calls();
    const withBody = all.filter(({ body }) => body.length > 0);
    expect(withBody.length).toBeGreaterThan(5);
    for (const one of withBody) {
      const bodies = one.body.flatMap((name) => HOSTILE_EXAMPLES.map((json) => objectText({ [name]: json })));
      // A password is checked at most twice at a time: so many requests wait for one another, not for nothing.
      for (const body of [...HOSTILE_EXAMPLES, ...bodies]) await call(one, token, body);
    }
    for (const one of all.filter(({ query }) => query.length > 0)) {
      for (const name of one.query) {
        for (const json of HOSTILE_EXAMPLES.filter((text) => text.length < 1_000)) {
          const value = encodeURIComponent(json);
          await call(one, token, undefined, `?${name}=${value}&${name}[length]=${value}&${name}=1`);
        }
      }
    }
    const cases = fc
      .constantFrom(...withBody)
      .chain((one) => fc.record({ one: fc.constant(one), fields: hostileFields(one.body) }));
    await check('hostile bodies', cases, 150, ({ one, fields }) => call(one, token, objectText(fields)));
  });

  test.each(HOSTILE_EXAMPLES.filter((text) => text.length < 100))(
    '%s as any part of a token or an id',
    async (json) => {
      const part = Buffer.from(json).toString('base64url');
      const token = `${part}.${part}.${part}`;
      const id = encodeURIComponent(json);
      await call({ method: 'GET', path: '/api/v1/channels', query: [], body: [] }, token);
      for (const path of [`/api/v1/channels/${id}`, `/api/v1/messages/${id}`, `/api/v1/messages/friend/${id}`]) {
        await call({ method: 'GET', path, query: [], body: [] }, ann.token);
      }
    },
  );
});
