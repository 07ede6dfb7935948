// The people of a run: senders and readers of some channels and of direct conversations, on mixed transports.
import { type Client, createClient } from './client.ts';
import type { Cluster } from './cluster.ts';
import { TRANSPORTS, type TransportName } from './connection.ts';
import { directTalk, makeChannel, makeUsers, type Talk } from './people.ts';

export interface Crowd {
  readonly talks: readonly Talk[];
  /** They also read what they write to. */
  readonly senders: readonly Client[];
  readonly readers: readonly Client[];
  readonly all: readonly Client[];
  stop(): Promise<void>;
}

export interface CrowdOptions {
  readonly channels?: number;
  readonly senders: number;
  readonly readers: number;
  /** The address that the client of this index connects to. By default another node each time. */
  readonly address?: (index: number) => () => string;
  /** If true, everybody reads only one of the channels, with equally many readers each. */
  readonly readOne?: boolean;
  /** The transports, in turn. By default raw WebSocket and Socket.IO. */
  readonly transports?: readonly TransportName[];
  /** How long each client waits for an answer before it tries another node. */
  readonly patienceMs?: number;
}

/** Connects everybody and waits until all have joined. Everybody reads every channel, unless told otherwise. */
export async function gather(cluster: Cluster, options: CrowdOptions): Promise<Crowd> {
  const { channels = 1, address = () => cluster.roam(), readOne = false, transports = TRANSPORTS } = options;
  const patience = options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs };
  const users = await makeUsers(cluster.sql, options.senders + options.readers);
  const talks: Talk[] = [];
  for (let n = 0; n < channels; n += 1) talks.push(await makeChannel(cluster.sql, users));
  const all = users.map((user, index) => {
    // Half of those who share a channel use each transport.
    const turn = Math.floor(readOne ? index / channels : index);
    const transport = transports[turn % transports.length] as TransportName;
    const reads = readOne ? [talks[index % channels] as Talk] : talks;
    return createClient({ user, transport, reads, address: address(index), ...patience });
  });
  await Promise.all(all.map((client) => client.connection()));
  return {
    talks,
    senders: all.slice(0, options.senders),
    readers: all.slice(options.senders),
    all,
    stop: async () => void (await Promise.all(all.map((client) => client.stop()))),
  };
}

/** Two users who write to each other, each with a connection of their own. */
export async function gatherPair(cluster: Cluster): Promise<Crowd> {
  const users = await makeUsers(cluster.sql, 2);
  const talk = directTalk(users[0] as (typeof users)[0], users[1] as (typeof users)[0]);
  const all = users.map((user, index) => {
    return createClient({
      user,
      transport: TRANSPORTS[index] as TransportName,
      reads: [talk],
      address: cluster.roam(),
    });
  });
  await Promise.all(all.map((client) => client.connection()));
  return {
    talks: [talk],
    senders: all,
    readers: [],
    all,
    stop: async () => void (await Promise.all(all.map((client) => client.stop()))),
  };
}
