// Nodes over one database and a bus that the test steers, with a clock that stands still until it is moved; users, two
// channels and a pair of their own for each case.
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { createFakeClock } from '../../../src/backends/clock/fake.ts';
import type { Principal } from '../../../src/chat/accounts/principal.ts';
import { rows } from '../../../src/database/database.ts';
import type { DatabaseHandle } from '../../../src/database/handle.ts';
import { createHubNode, type HubNode, type RecordingTransport } from '../../support/hub-node.ts';
import { createSteeredBus, type Place } from '../../support/steered-bus.ts';
import { LogModel } from './log-model.ts';
import { NODES, USERS } from './log-steps.ts';

export const MAX_BUFFERED = 2_000;
export const PAGE = 3;
/** Real time until a wait moves the clock, and until it is given up. */
const STUCK_MS = 40;
const GIVEN_UP_MS = 20_000;

/** One node and its place on the bus. */
export interface Running {
  readonly id: string;
  readonly node: HubNode;
  readonly place: Place;
  /** By user: the connection that sends on this node. */
  readonly writers: Map<number, Promise<RecordingTransport>>;
}

export interface Log {
  readonly model: LogModel;
  /** Undefined for the pair. */
  readonly channelId: number | undefined;
}

export type World = Awaited<ReturnType<typeof createWorld>>;

/** `fair`: the clock never moves. */
export async function createWorld(handle: DatabaseHandle, fair: boolean) {
  const { db } = handle;
  const clock = { ...createFakeClock(Date.now()), defer: setImmediate };
  const bus = createSteeredBus();
  const principals = new Map<number, Principal>();
  const run = randomUUID().slice(0, 13);
  const made = await rows<{ id: number; username: string }>(
    db,
    sql`insert into users (username, email, password)
      select ${run}::text || i, ${run}::text || i || '@example.com', 'none' from generate_series(1, ${USERS}::int) i
      returning id, username`,
  );
  for (const { id, username } of made) {
    principals.set(id, { id, username, email: username, avatar: null, createdAt: '', isAdmin: false });
  }
  const users = [...principals.values()];
  const channels = await rows<{ id: number }>(
    db,
    sql`insert into channels (name, "ownerId") select 'channel', ${users[0]?.id}::int from generate_series(1, 2)
      returning id`,
  );
  await rows(
    db,
    sql`insert into channel_members ("userId", "channelId") select u, c
      from unnest(${sql.param(users.map((user) => user.id))}::int[]) u,
        unnest(${sql.param(channels.map((channel) => channel.id))}::int[]) c`,
  );
  const logs: Log[] = [
    { model: new LogModel('channel A'), channelId: channels[0]?.id },
    { model: new LogModel('channel B'), channelId: channels[1]?.id },
    { model: new LogModel('pair'), channelId: undefined },
  ];
  const nodes: Running[] = [];
  let tick = 0;
  let started = 0;

  async function start(): Promise<Running> {
    started += 1;
    const id = `${run}n${started}`;
    const place = bus.join();
    const nodeIds = () => nodes.map((one) => one.id);
    const limits = { maxBufferedBytes: MAX_BUFFERED };
    const node = createHubNode({
      ...{ nodeId: id, db, broker: place.broker, users: principals, clock, nodeIds, limits, pageMessages: PAGE },
    });
    await node.hub.start();
    return { id, node, place, writers: new Map() };
  }

  /** Ends a node as a crash does: its peers are gone, nothing is said. */
  async function stop({ node, place, writers }: Running): Promise<void> {
    place.leave();
    for (const writer of await Promise.all(writers.values())) writer.cut();
    node.hub.close();
  }

  /** What every wait does: lets the event loop run, and moves the clock where nothing happens without. */
  async function until(what: string, holds: () => boolean): Promise<void> {
    const begun = performance.now();
    for (let moved = begun; !holds(); ) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const now = performance.now();
      if (now - begun > GIVEN_UP_MS) throw new Error(`Waited in vain: ${what}`);
      if (fair || now - moved < STUCK_MS) continue;
      clock.advance(1_100);
      moved = now;
    }
  }

  async function answered<T>(what: string, promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    await new Promise(setImmediate);
    if (!settled) await until(what, () => settled);
    return promise;
  }

  while (nodes.length < NODES) nodes.push(await start());

  return {
    clock,
    users,
    logs,
    nodes,
    until,
    answered,
    /** One more than ever before. */
    tick: () => ++tick,
    now: () => tick,
    at: (node: number) => nodes[node % NODES] as Running,
    async restart(node: number): Promise<void> {
      await stop(nodes[node] as Running);
      nodes[node] = await start();
    },
    async end(): Promise<void> {
      for (const one of nodes) await stop(one);
    },
    /** How far the database says that the log has come, and its messages' ids and texts, the deleted with null. */
    async stored({ channelId }: Log) {
      const [low, high] = [users[1]?.id, users[2]?.id];
      const ofLog =
        channelId === undefined
          ? sql`c."userLow" = ${low}::int and c."userHigh" = ${high}::int`
          : sql`c."channelId" = ${channelId}::int`;
      const [log] = await rows<{ id: number; head: number }>(
        db,
        sql`select id, "lastSeq" head from conversations c where ${ofLog}`,
      );
      const messages = await rows<{ id: number; seq: number; updatedSeq: number; text: string | null }>(
        db,
        sql`select id, seq, "updatedSeq", case when "deletedAt" is null then text end as text
          from chats where "conversationId" = ${log?.id ?? 0}::int`,
      );
      return { head: log?.head ?? 0, messages };
    },
  };
}
