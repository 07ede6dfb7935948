// One node on the embedded database, killed under load again and again: everything that was acked is there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startServiceProcess } from '../support/node-process.ts';
import { until } from '../support/until.ts';
import { type Connection, openConnection } from './harness/connection.ts';
import { figures } from './harness/figures.ts';
import { pause } from './harness/pause.ts';
import { SECRET } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

const KILLS = sized(3, 10);
const ENV = {
  JWT_SECRET: SECRET,
  RATE_LIMIT_MAX_REQUESTS: '0',
  AUTH_RATE_LIMIT_MAX_REQUESTS: '0',
  WS_RATE_LIMIT_PER_SECOND: '0',
};

interface Ack {
  readonly id: number;
  readonly seq: number;
  readonly clientId: string;
}

it(
  'everything that was acked before a kill -9 is there after it, once, under its number',
  async (test) => {
    const directory = mkdtempSync(join(tmpdir(), 'embedded-'));
    const start = () => startServiceProcess({ env: { ...ENV, DATA_DIR: directory }, directory });
    let node = await start();
    const token = await register(node.url);
    const channelId = await createGroup(node.url, token);
    const acked: Ack[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      // Its first statements after a crash take their time.
      await fetch(`${node.url}/api/v1/users/profile`, { headers: { authorization: `Bearer ${token}` } });
      const connections = await Promise.all([1, 2, 3, 4].map(() => openConnection('raw', node.url, token, () => {})));
      const senders = Promise.all(connections.map((one, n) => sendUntilCut(one, channelId, `${kill}-${n}`, acked)));
      const before = acked.length;
      await until('the load is under way', () => acked.length > before + 20);
      await pause(Math.random() * 500);
      await node.stop('SIGKILL');
      await senders;
      node = await start();
    }
    const history = await readAll(node.url, token, channelId);
    await node.stop('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
    figures(test, { kills: KILLS, acked: acked.length, stored: history.length });
    expect(acked.length).toBeGreaterThan(KILLS * 20);
    const byId = new Map(history.map((message) => [message.id, message]));
    for (const ack of acked) expect(byId.get(ack.id)).toMatchObject(ack);
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
    expect(new Set(history.map(({ clientId }) => clientId)).size).toBe(history.length);
  },
  TIME_LIMIT_MS,
);

async function post<T>(url: string, path: string, body: object, token = ''): Promise<T> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await response.json()) as { data: T }).data;
}

async function register(url: string): Promise<string> {
  const person = { username: 'writer', email: 'writer@example.com', password: 'a long password' };
  return (await post<{ token: string }>(url, '/auth/register', person)).token;
}

async function createGroup(url: string, token: string): Promise<number> {
  return (await post<{ id: number }>(url, '/channels', { type: 'group', name: 'group', userIds: [] }, token)).id;
}

async function sendUntilCut(connection: Connection, channelId: number, name: string, acked: Ack[]): Promise<void> {
  for (let n = 0; ; n += 1) {
    const clientId = `${name}-${n}`;
    const ack = await connection
      .call('channel.message', { channel_id: channelId, text: clientId, client_id: clientId })
      .catch(() => undefined);
    if (!ack) return;
    acked.push({ id: ack.id, seq: ack.seq, clientId });
  }
}

/** The whole history, oldest first. */
async function readAll(url: string, token: string, channelId: number): Promise<Ack[]> {
  const all: Ack[] = [];
  for (let query = 'limit=100'; ; ) {
    const address = `${url}/api/v1/messages/channel/${channelId}?${query}`;
    const response = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
    const page = (await response.json()) as { data: Ack[]; pagination: { hasMore: boolean } };
    all.unshift(...page.data);
    if (!page.pagination.hasMore) return all;
    query = `limit=100&before=${page.data[0]?.id}`;
  }
}
