// A REST client that hides nothing: status, headers and body of each answer.
import { expect } from 'vitest';
import { createAnswerCheck } from '../../../support/document-check.ts';
import type { Message } from './wire.ts';

export interface Reply<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body<T>;
  /** `body.data`. Throws where the answer is a failure: for calls that only prepare a test. */
  readonly data: T;
}

export interface Body<T> {
  success: boolean;
  data: T;
  code?: string;
  message?: string;
  details?: { path: string; message: string }[];
  requestId?: string;
  pagination?: { limit: number; before: number | null; after: number | null; hasMore: boolean };
}

/** `path` is below `/api/v1`; a body that is no string is sent as JSON. */
export interface Rest {
  get<T>(path: string): Promise<Reply<T>>;
  post<T>(path: string, body?: unknown): Promise<Reply<T>>;
  put<T>(path: string, body?: unknown): Promise<Reply<T>>;
  patch<T>(path: string, body?: unknown): Promise<Reply<T>>;
  delete<T>(path: string, body?: unknown): Promise<Reply<T>>;
}

export function rest(url: string, token?: string, headers: Record<string, string> = {}): Rest {
  const signed = token === undefined ? headers : { authorization: `Bearer ${token}`, ...headers };
  const call = <T>(method: string, path: string, body?: unknown): Promise<Reply<T>> => {
    if (body === undefined) return send(`${url}/api/v1${path}`, { method, headers: signed });
    const json = { 'content-type': 'application/json', ...signed };
    return send(`${url}/api/v1${path}`, { method, headers: json, body: JSON.stringify(body) });
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
    put: (path, body) => call('PUT', path, body),
    patch: (path, body) => call('PATCH', path, body),
    delete: (path, body) => call('DELETE', path, body),
  };
}

let check: ReturnType<typeof createAnswerCheck> | undefined;

/** One request to a whole address; the answer's body is parsed where it is JSON. Fails if the document lacks the answer. */
export async function send<T>(address: string, init: RequestInit = {}): Promise<Reply<T>> {
  const reply = await sendPast<T>(address, init);
  const { pathname: path } = new URL(address);
  if (path.startsWith('/socket.io/')) return reply;
  const { status, headers, text, body } = reply;
  check ??= createAnswerCheck();
  (await check)({ method: init.method ?? 'GET', path, status, headers, body: isJson(headers) ? body : text });
  return reply;
}

/** The same for answers that are not the service's: who stands before it says what the document does not. */
export async function sendPast<T>(address: string, init: RequestInit = {}): Promise<Reply<T>> {
  const response = await fetch(address, init);
  const text = await response.text();
  const body = (isJson(response.headers) && text !== '' ? JSON.parse(text) : {}) as Body<T>;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body,
    get data() {
      if (!body.success) throw new Error(`${init.method ?? 'GET'} ${address}: ${response.status} ${text}`);
      return body.data;
    },
  };
}

function isJson(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('application/json') ?? false;
}

/** Everything in a conversation, read page by page, oldest first. */
export async function history(api: Rest, path: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (let query = '?limit=100'; ; query = `?limit=100&before=${messages[0]?.id}`) {
    const page = await api.get<Message[]>(`${path}${query}`);
    messages.unshift(...page.data);
    if (!page.body.pagination?.hasMore) return messages;
  }
}

/** The one shape of every failure. */
export function expectFailure(reply: Reply<unknown>, status: number, code: string): void {
  expect({ status: reply.status, code: reply.body.code }, reply.text).toEqual({ status, code });
  expect(reply.headers.get('content-type')).toMatch(/^application\/json/);
  const { details, ...rest } = reply.body;
  expect(rest).toEqual({
    success: false,
    code,
    message: expect.stringMatching(/\S/),
    requestId: reply.headers.get('x-request-id'),
  });
  expect(rest.requestId).toMatch(/\S/);
  if (code !== 'VALIDATION_FAILED' && details === undefined) return;
  expect(details).toSatisfy((list: unknown) => Array.isArray(list) && list.length > 0);
  for (const detail of details ?? []) expect(detail).toEqual({ path: expect.any(String), message: expect.any(String) });
}

/** The names of the fields that a validation failure is about. */
export function failedFields(reply: Reply<unknown>): string[] {
  expectFailure(reply, 400, 'VALIDATION_FAILED');
  return [...new Set(reply.body.details?.map((detail) => detail.path))].sort();
}
