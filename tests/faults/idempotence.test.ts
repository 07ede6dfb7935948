// One clientId is one message, wherever and how often it is sent: to several nodes at once, much later, after a restart.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { type Connection, openConnection, TRANSPORTS } from './harness/connection.ts';
import { makeChannel, makeUsers, type User } from './harness/people.ts';
import { scaled } from './harness/scale.ts';

let cluster: Cluster;
let user: User;
let channelId: number;

beforeAll(async () => {
  cluster = await startCluster();
  [user] = (await makeUsers(cluster.sql, 1)) as [User];
  ({ channelId } = await makeChannel(cluster.sql, [user]));
});
afterAll(() => cluster.stop());

/** Two connections to each node, and REST. */
async function allWays(): Promise<{ send(clientId: string): Promise<object[]>; cut(): void }> {
  const connections: Connection[] = [];
  for (const { url } of cluster.nodes) {
    for (const transport of TRANSPORTS) connections.push(await openConnection(transport, url, user.token, () => {}));
  }
  return {
    send: (clientId) =>
      Promise.all([
        ...connections.map((one) => overSocket(one, clientId)),
        ...cluster.nodes.map(({ url }) => overRest(url, clientId)),
      ]),
    cut() {
      for (const one of connections) one.cut();
    },
  };
}

async function overSocket(connection: Connection, clientId: string): Promise<object> {
  const ack = await connection.call('channel.message', { channel_id: channelId, text: clientId, client_id: clientId });
  return { id: ack.id, seq: ack.seq, createdAt: ack.created_at, duplicate: ack.duplicate };
}

async function overRest(url: string, clientId: string): Promise<object> {
  const response = await fetch(`${url}/api/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channelId, text: clientId, clientId }),
  });
  const { data } = (await response.json()) as { data: { id: number; seq: number; createdAt: string } };
  return { id: data.id, seq: data.seq, createdAt: data.createdAt, duplicate: response.status === 200 };
}

const originals = (answers: readonly object[]) =>
  answers.filter((answer) => 'duplicate' in answer && !answer.duplicate);

it('sent to all nodes at once, over all transports, is one message with one answer', async () => {
  const ways = await allWays();
  for (let round = 0; round < scaled(20); round += 1) {
    const answers = await ways.send(`at once ${round}`);
    expect(originals(answers)).toHaveLength(1);
    const { duplicate: _, ...message } = originals(answers)[0] as { duplicate: boolean };
    for (const answer of answers) expect(answer).toMatchObject(message);
  }
  const [count] = await cluster.sql<{ messages: number; head: number }[]>`
    select count(*)::int as messages, max(c."lastSeq")::int as head
    from chats m join conversations c on c.id = m."conversationId" where c."channelId" = ${channelId}`;
  expect(count).toEqual({ messages: scaled(20), head: scaled(20) });
  ways.cut();
}, 60_000);

it('sent an hour later, and after a restart of everything, is still that message', async () => {
  const before = await allWays();
  const [first] = originals(await before.send('again'));
  before.cut();
  await cluster.sql`update chats set "createdAt" = "createdAt" - interval '1 hour' where "clientId" = 'again'`;
  for (const node of cluster.nodes) await node.kill();
  await cluster.redis.restart();
  await cluster.postgres.restart();
  await Promise.all(cluster.nodes.map((node) => node.start()));
  const after = await allWays();
  const answers = await after.send('again');
  expect(originals(answers)).toEqual([]);
  const { id, seq } = first as { id: number; seq: number };
  for (const answer of answers) expect(answer).toMatchObject({ id, seq });
  after.cut();
}, 60_000);
