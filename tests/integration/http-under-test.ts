// The REST interface by itself: its fetch handler over the real use cases on PostgreSQL, without a socket.
import { afterAll, beforeAll, beforeEach, expect, inject } from 'vitest';
import type { Principal } from '../../src/chat/accounts/principal.ts';
import type { Announcement } from '../../src/chat/announce.ts';
import { connectDatabase } from '../../src/database/connect.ts';
import { toChatError, withoutValues } from '../../src/database/errors.ts';
import { runMigrations } from '../../src/database/migrate.ts';
import { createApp } from '../../src/http/app.ts';
import type { AppDependencies } from '../../src/http/dependencies.ts';
import { type CheckAnswer, createAnswerCheck } from '../support/document-check.ts';
import { createDatabase } from '../support/postgres.ts';
import { createSilentLogger, type KeptLine } from '../support/silent-logger.ts';
import { type Chat, createChat, MAX_TEXT_LENGTH } from './chat-under-test.ts';

/** The one web origin that may call. */
export const ORIGIN = 'https://chat.example';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; its text where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly body: any;
}

export interface CallOptions {
  /** Who calls; nobody is signed out. */
  readonly as?: Principal | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array | ReadableStream;
  readonly headers?: Record<string, string>;
}

export interface Observed {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

export interface Http {
  readonly chat: Chat;
  readonly announced: Announcement[];
  /** What was written to the log, and counted, since the test began. */
  readonly lines: KeptLine[];
  readonly observed: Observed[];
  /** Users of one's own. */
  users(): Promise<[Principal, Principal, Principal]>;
  /** `GET /api/v1/channels`. Fails where the published document does not know the answer. */
  call(request: string, options?: CallOptions): Promise<Reply>;
  /** The same service with other settings. */
  with(settings: Partial<AppDependencies>): Pick<Http, 'call'>;
}

/** Sets the service up for the tests of a file, on a database of its own. */
export function useHttp(): () => Http {
  let http: Http;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const database = await createDatabase(inject('postgresUrl'));
    const handle = await connectDatabase({ kind: 'postgres', url: database.url, poolMax: 10, ssl: false });
    await runMigrations(handle, 'migrations');
    http = await createHttp(createChat(handle.db));
    close = async () => {
      await handle.close();
      await database.drop();
    };
  });
  afterAll(() => close());
  beforeEach(() => {
    for (const list of [http.announced, http.lines, http.observed]) list.length = 0;
  });

  return () => http;
}

async function createHttp(chat: Chat): Promise<Http> {
  const logger = createSilentLogger();
  const observed: Observed[] = [];
  const base: AppDependencies = {
    ...chat,
    live: {
      stats: async () => ({ connectedUsers: 0, connections: 0, totalChannels: 0, channelMembers: [], nodes: 1 }),
      members: async () => [],
      users: async () => [],
      statuses: async () => [],
      disconnect: async () => false,
    },
    announce: async (announcement) => void chat.announced.push(announcement),
    limiters: { general: null, auth: null },
    readiness: async () => ({ ok: true, checks: { database: 'ok' } }),
    metrics: {
      text: async () => 'up 1\n',
      contentType: 'text/plain; version=0.0.4; charset=utf-8',
      observeRequest: (method, route, status) => observed.push({ method, route, status }),
    },
    logger,
    corsOrigins: [ORIGIN],
    trustProxy: false,
    maxTextLength: MAX_TEXT_LENGTH,
    clock: { now: Date.now, monotonic: () => performance.now(), after: never, every: never, defer: never },
    version: '1.2.3',
    docsAssets: async (name) => ({ body: new TextEncoder().encode(name), type: 'text/plain' }),
    clientAddress: () => '192.0.2.1',
    toChatError,
    withoutValues,
  };
  const check = await createAnswerCheck();
  const create = (settings: Partial<AppDependencies>) => ({
    call: caller(chat, createApp({ ...base, ...settings }), check),
  });
  return {
    chat,
    announced: chat.announced,
    lines: logger.lines as KeptLine[],
    observed,
    users: () => Promise.all([chat.user(), chat.user(), chat.user()]),
    ...create({}),
    with: create,
  };
}

function never(): never {
  throw new Error('The REST interface sets no timers');
}

function caller(chat: Chat, app: ReturnType<typeof createApp>, check: CheckAnswer): Http['call'] {
  return async (request, { as, json, raw, headers: given } = {}) => {
    const [method = '', path = ''] = request.split(' ');
    const headers = new Headers(given);
    if (as) headers.set('authorization', `Bearer ${await chat.tokens.issue(as)}`);
    if (json !== undefined) headers.set('content-type', 'application/json');
    const body = json === undefined ? raw : JSON.stringify(json);
    const init = { method, headers, ...(body !== undefined && { body, duplex: 'half' as const }) };
    const response = await app.request(path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== '';
    const reply = { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    check({ method, path: path.replace(/\?.*/, ''), ...reply });
    return reply;
  };
}

/** The one shape of every failure. */
export function expectFailure(reply: Reply, status: number, code: string): void {
  const { details, ...body } = reply.body;
  expect(body).toEqual({
    success: false,
    code,
    message: expect.stringMatching(/\S/),
    requestId: reply.headers.get('x-request-id'),
  });
  expect(reply.status).toBe(status);
  expect(body.requestId).toMatch(/\S/);
  expect(details !== undefined).toBe(code === 'VALIDATION_FAILED');
}

/** The fields that a validation failure is about. */
export function failedFields(reply: Reply): string[] {
  expectFailure(reply, 400, 'VALIDATION_FAILED');
  return reply.body.details.map((detail: { path: string }) => detail.path);
}
