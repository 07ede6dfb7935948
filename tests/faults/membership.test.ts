// Members are removed, leave, and channels go while messages fly: nobody gets anything of a channel after it was said
// that they are out, and in the end presence and ownership are what they should be.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { type Cluster, type ClusterNode, startCluster } from './harness/cluster.ts';
import { type Connection, type Frame, openConnection, TRANSPORTS } from './harness/connection.ts';
import { gather } from './harness/crowd.ts';
import { judge } from './harness/evidence.ts';
import { figures } from './harness/figures.ts';
import { startLoad } from './harness/load.ts';
import { pause } from './harness/pause.ts';
import { makeChannel, makeUsers, type User } from './harness/people.ts';
import { sized, TIME_LIMIT_MS } from './harness/scale.ts';

const ROUNDS = sized(5, 20);
const HAND_OVERS = sized(4, 30);

let cluster: Cluster;

beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

/** A user's connection to the node of this index, and every frame that came to it. */
async function connect(user: User, index: number): Promise<Connection & { readonly frames: Frame[] }> {
  const frames: Frame[] = [];
  const transport = TRANSPORTS[index % 2] as (typeof TRANSPORTS)[number];
  const { url } = cluster.nodes[index % 3] as ClusterNode;
  const connection = await openConnection(transport, url, user.token, (frame) => frames.push(frame));
  return { ...connection, frames };
}

async function api(user: User, method: string, path: string, body?: object): Promise<Response> {
  return fetch(`${cluster.anyNode()}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
}

const ofMessages = (frames: readonly Frame[]) => frames.filter(({ seq }) => seq !== undefined);

/** People who talk in a channel of their own, and connections of one more member, who is about to lose access. */
async function talkWithGuest() {
  const crowd = await gather(cluster, { senders: 4, readers: 3 });
  const [talk] = crowd.talks;
  const channelId = talk && 'channelId' in talk ? talk.channelId : 0;
  const [guest] = (await makeUsers(cluster.sql, 1)) as [User];
  const owner = (crowd.senders[0] as (typeof crowd.senders)[0]).user;
  const load = startLoad({ senders: crowd.senders, talks: crowd.talks, everyMs: 5 });
  const connections = await Promise.all([0, 1, 2].map((index) => connect(guest, index)));
  const join = () => Promise.all(connections.map((one) => one.call('channel.join', { channel_id: channelId })));
  async function end(): Promise<void> {
    await load.stop();
    expect(await judge(cluster.sql, crowd.all)).toEqual([]);
    for (const one of connections) one.cut();
    await crowd.stop();
  }
  return { channelId, guest, owner, connections, join, end };
}

/** Nothing of the channel's messages comes any more, however long one listens. */
async function hearsNothing(connections: ReadonlyArray<Connection & { readonly frames: Frame[] }>): Promise<void> {
  // What was on its way when the answer came has come when this is answered.
  await Promise.all(connections.map((one) => one.call('ping', {})));
  const before = connections.map(({ frames }) => ofMessages(frames).length);
  await pause(300);
  expect(connections.map(({ frames }) => ofMessages(frames).length)).toEqual(before);
}

describe('while messages fly', () => {
  it(
    'a removed member gets nothing more, on any node, as soon as the removal is answered',
    async (test) => {
      const { channelId, guest, owner, connections, join, end } = await talkWithGuest();
      for (let round = 0; round < ROUNDS; round += 1) {
        expect((await api(owner, 'POST', `/channels/${channelId}/users`, { userId: guest.id })).status).toBe(200);
        await join();
        await pause(50);
        expect((await api(owner, 'DELETE', `/channels/${channelId}/users`, { userId: guest.id })).status).toBe(200);
        await hearsNothing(connections);
        const left = ({ type, data }: Frame) => type === 'channel.leave' && data.user_id === guest.id;
        for (const { frames } of connections) expect(frames.filter(left)).toHaveLength(round + 1);
      }
      await end();
      figures(test, { removals: ROUNDS });
    },
    TIME_LIMIT_MS,
  );

  it(
    'a removal races with joins of the removed: it wins, whichever comes first',
    async (test) => {
      const { channelId, guest, owner, connections, join, end } = await talkWithGuest();
      for (let round = 0; round < 2 * ROUNDS; round += 1) {
        await api(owner, 'POST', `/channels/${channelId}/users`, { userId: guest.id });
        const joins = Promise.all(Array.from({ length: 10 }, () => join().catch(() => {})));
        await pause(Math.random() * 10);
        await api(owner, 'DELETE', `/channels/${channelId}/users`, { userId: guest.id });
        await joins;
        await hearsNothing(connections);
      }
      await end();
      figures(test, { 'removals, each against 30 joins': 2 * ROUNDS });
    },
    TIME_LIMIT_MS,
  );

  it(
    'the same without Redis: nothing that was stored after the removal comes',
    async (test) => {
      const { channelId, guest, owner, connections, join, end } = await talkWithGuest();
      await cluster.redis.kill();
      for (let round = 0; round < ROUNDS; round += 1) {
        await api(owner, 'POST', `/channels/${channelId}/users`, { userId: guest.id });
        const joins = Promise.all(Array.from({ length: 5 }, () => join().catch(() => {})));
        await pause(Math.random() * 20);
        await api(owner, 'DELETE', `/channels/${channelId}/users`, { userId: guest.id });
        const [log] = await cluster.sql<{ head: number }[]>`
        select "lastSeq" as head from conversations where "channelId" = ${channelId}`;
        await joins;
        await pause(1_500);
        for (const { frames } of connections) {
          const late = ofMessages(frames).filter(({ seq }) => (seq as number) > (log?.head as number));
          expect(late.map(({ seq }) => seq)).toEqual([]);
        }
      }
      await cluster.redis.restart();
      await end();
      // A command is waited for on the nodes that Redis knows of: those that have told it again that they live.
      await cluster.whole();
      figures(test, { removals: ROUNDS });
    },
    TIME_LIMIT_MS,
  );

  it(
    'a deleted channel is silent as soon as the deletion is answered',
    async (test) => {
      const [owner, guest] = (await makeUsers(cluster.sql, 2)) as [User, User];
      for (let round = 0; round < ROUNDS; round += 1) {
        const { channelId } = await makeChannel(cluster.sql, [owner, guest]);
        const connections = await Promise.all([0, 1, 2].map((index) => connect(index === 2 ? owner : guest, index)));
        for (const one of connections) await one.call('channel.join', { channel_id: channelId });
        let deleted = false;
        const say = async (one: Connection): Promise<void> => {
          while (!deleted)
            await one.call('channel.message', { channel_id: channelId, text: 'still there' }).catch(() => {});
        };
        const talking = connections.map(say);
        await pause(50);
        expect((await api(owner, 'DELETE', `/channels/${channelId}`)).status).toBe(200);
        deleted = true;
        await hearsNothing(connections);
        await Promise.all(talking);
        for (const { frames, cut } of connections) {
          expect(frames.filter(({ type }) => type === 'channel.deleted')).toHaveLength(1);
          cut();
        }
      }
      figures(test, { deletions: ROUNDS });
    },
    TIME_LIMIT_MS,
  );
});

it(
  'joins and leaves at once, on all nodes, end in the true presence',
  async (test) => {
    const users = await makeUsers(cluster.sql, 50);
    const rounds = sized(5, 20);
    const { channelId } = await makeChannel(cluster.sql, users);
    const connections = await Promise.all(users.map(connect));
    const stays = users.filter((_, index) => index % 2 === 0).map(({ id }) => id);
    await Promise.all(
      connections.map(async (one, index) => {
        for (let round = 0; round < rounds; round += 1) {
          await one.call('channel.join', { channel_id: channelId });
          if (round < rounds - 1 || index % 2 === 1) await one.call('channel.leave', { channel_id: channelId });
        }
      }),
    );
    const live = async (index: number): Promise<number[]> => {
      const { url } = cluster.nodes[index] as ClusterNode;
      const headers = { authorization: `Bearer ${(users[0] as User).token}` };
      const answer = await fetch(`${url}/api/v1/ws/channels/${channelId}/members`, { headers });
      return ((await answer.json()) as { data: { members: number[] } }).data.members.sort((a, b) => a - b);
    };
    for (const index of [0, 1, 2]) {
      await until('the true presence', async () => String(await live(index)) === String(stays), 10_000);
    }
    for (const one of connections) one.cut();
    await until('nobody is there', async () => (await live(1)).length === 0, 10_000);
    figures(test, { users: users.length, 'joins of each': rounds });
  },
  TIME_LIMIT_MS,
);

it(
  'owners who leave at once hand the channel on, so that it has one owner, a member, or is gone with the last',
  async (test) => {
    figures(test, { 'hand-over races': HAND_OVERS });
    for (let round = 0; round < HAND_OVERS; round += 1) {
      const users = await makeUsers(cluster.sql, 8);
      const { channelId } = await makeChannel(cluster.sql, users);
      const leaving = users.slice(0, round % 2 === 0 ? 7 : 8);
      const statuses = await Promise.all(leaving.map((user) => api(user, 'POST', `/channels/${channelId}/leave`)));
      expect(statuses.map(({ status }) => status)).toEqual(leaving.map(() => 200));
      const [channel] = await cluster.sql<{ ownerId: number; gone: boolean; members: number[] }[]>`
      select "ownerId", "deletedAt" is not null as gone,
        array(select "userId" from channel_members where "channelId" = c.id) as members
      from channels c where id = ${channelId}`;
      if (round % 2 === 0) {
        const last = users[7] as User;
        expect(channel).toEqual({ ownerId: last.id, gone: false, members: [last.id] });
      } else expect(channel).toMatchObject({ gone: true, members: [] });
    }
  },
  TIME_LIMIT_MS,
);
