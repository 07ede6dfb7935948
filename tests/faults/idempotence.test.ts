// One clientId is one message, wherever and how often it is sent: to several nodes at once, much later, after a restart.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { type Connection, openConnection, TRANSPORTS } from './harness/connection.ts';
import { figures } from './harness/figures.ts';
import { makeChannel, makeUsers, type User } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

const ROUNDS = sized(20, 300);
/** Messages that are sent again much later. */
const LATER = sized(5, 50);

let cluster: Cluster;
let user: User;
let channelId: number;

beforeAll(async () => {
  cluster = await startCluster();
  [user] = (await makeUsers(cluster.sql, 1)) as [User];
  ({ channelId } = await makeChannel(cluster.sql, [user]));
});
afterAll(() => cluster.stop());

interface Answer {
  readonly id: number;
  readonly seq: number;
  readonly createdAt: string;
  readonly duplicate: boolean;
}

interface Ways {
  readonly count: number;
  send(clientId: string): Promise<Answer[]>;
  cut(): void;
}

/** To each node over each transport, and over REST. */
async function allWays(): Promise<Ways> {
  const connections: Connection[] = [];
  for (const { url } of cluster.nodes) {
    for (const transport of TRANSPORTS) connections.push(await openConnection(transport, url, user.token, () => {}));
  }
  return {
    count: connections.length + cluster.nodes.length,
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

async function overSocket(connection: Connection, clientId: string): Promise<Answer> {
  const ack = await connection.call('channel.message', { channel_id: channelId, text: clientId, client_id: clientId });
  const { id, seq, created_at: createdAt, duplicate } = ack;
  return { id, seq, createdAt: String(createdAt), duplicate: Boolean(duplicate) };
}

async function overRest(url: string, clientId: string): Promise<Answer> {
  const response = await fetch(`${url}/api/v1/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ channelId, text: clientId, clientId }),
  });
  const { data } = (await response.json()) as { data: Omit<Answer, 'duplicate'> };
  return { id: data.id, seq: data.seq, createdAt: data.createdAt, duplicate: response.status === 200 };
}

/** The one answer of all, and how many of them said that the message is new. */
function agreed(answers: readonly Answer[]): { message: Omit<Answer, 'duplicate'>; originals: number } {
  const messages = answers.map(({ id, seq, createdAt }) => ({ id, seq, createdAt }));
  for (const message of messages) expect(message).toEqual(messages[0]);
  return { message: messages[0] as Answer, originals: answers.filter(({ duplicate }) => !duplicate).length };
}

async function stored(prefix: string): Promise<{ messages: number; head: number } | undefined> {
  const [count] = await cluster.sql<{ messages: number; head: number }[]>`
    select count(*)::int as messages, max(c."lastSeq")::int as head
    from chats m join conversations c on c.id = m."conversationId"
    where c."channelId" = ${channelId} and m."clientId" like ${`${prefix}%`}`;
  return count;
}

it(
  'sent to all nodes at once, over all transports, is one message with one answer',
  async (test) => {
    const ways = await allWays();
    for (let round = 0; round < ROUNDS; round += 1) {
      expect(agreed(await ways.send(`at once ${round}`)).originals).toBe(1);
    }
    expect(await stored('at once')).toEqual({ messages: ROUNDS, head: ROUNDS });
    figures(test, { 'client ids': ROUNDS, 'attempts each': ways.count, stored: ROUNDS });
    ways.cut();
  },
  TIME_LIMIT_MS,
);

it(
  'sent again after a restart of everything, and an hour later, is still that message',
  async (test) => {
    const names = Array.from({ length: LATER }, (_, index) => `again ${index}`);
    const sendAll = async () => {
      const ways = await allWays();
      const answers = [];
      for (const name of names) answers.push(agreed(await ways.send(name)));
      ways.cut();
      return answers;
    };
    const first = await sendAll();
    expect(first.map(({ originals }) => originals)).toEqual(names.map(() => 1));

    for (const node of cluster.nodes) await node.kill();
    await cluster.redis.restart();
    await cluster.postgres.restart();
    await Promise.all(cluster.nodes.map((node) => node.start()));
    const repeats = first.map(({ message }) => ({ message, originals: 0 }));
    expect(await sendAll()).toEqual(repeats);

    // What was stored now was stored an hour ago.
    await cluster.sql`update chats set "createdAt" = "createdAt" - interval '1 hour' where "clientId" like 'again%'`;
    const older = (time: string) => new Date(Date.parse(time) - 3_600_000).toISOString();
    const aged = repeats.map(({ message }) => ({
      message: { ...message, createdAt: older(message.createdAt) },
      originals: 0,
    }));
    expect(await sendAll()).toEqual(aged);
    expect((await stored('again'))?.messages).toBe(LATER);
    figures(test, { 'client ids': LATER, stored: LATER });
  },
  TIME_LIMIT_MS,
);
