// One connection of a load, live in its channels.
import type { Dialect } from './dialect.ts';
import { openRaw } from './raw-client.ts';

export interface Member {
  send(text: string): void;
  sendAll(texts: readonly string[]): void;
  /** Resolves when the connection has joined. Rejects if it may not. */
  join(channelId: number): Promise<void>;
  close(): void;
}

export interface MemberOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly token: string;
  /** The channels that it joins at once. */
  readonly channelIds: readonly number[];
  readonly from?: string;
  /** Called with the log's number of each message that arrives. */
  readonly onDelivery?: (seq: number) => void;
  /** Called with the sender's number of each acknowledged message. */
  readonly onAck?: (number: number) => void;
  readonly onBytes?: (count: number) => void;
  readonly onLost?: () => void;
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Resolves when the connection has joined. */
export async function openMember(options: MemberOptions): Promise<Member> {
  const { port, dialect, token, channelIds, from, onDelivery, onAck, onBytes, onLost } = options;
  // Answers come in the order of the requests: first the greeting, then one for each join.
  const waiting: Waiting[] = [];
  const answer = () => new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }));
  const ready = answer();
  const client = await openRaw({
    port,
    path: dialect.path(token),
    ...(from && { from }),
    ...(onBytes && { onBytes }),
    ...(onLost && { onLost }),
    onMessage(bytes, start, end) {
      const seq = dialect.seqOf(bytes, start, end);
      if (seq > 0) return onDelivery?.(seq);
      const text = bytes.toString('latin1', start, end);
      if (dialect.isReady(text) || dialect.isJoined(text)) return waiting.shift()?.resolve();
      if (dialect.isError(text)) return waiting[0] ? waiting.shift()?.reject(new Error(text)) : tellRefusal(text);
      const number = dialect.ackOf(text);
      if (number !== undefined) return onAck?.(number);
      const pong = dialect.pong(text);
      if (pong !== undefined) client.send(pong);
    },
  });
  for (const text of dialect.hello(token)) client.send(text);
  await ready;
  const join = (channelId: number): Promise<void> => {
    const joined = answer();
    client.send(dialect.join(channelId));
    return joined;
  };
  await Promise.all(channelIds.map(join));
  return { ...client, join };
}

let isRefusalTold = false;

/** A refused message will be missing. The reason is printed once, because a run could be full of it. */
function tellRefusal(text: string): void {
  if (!isRefusalTold) console.error(`A message was refused: ${text}`);
  isRefusalTold = true;
}

export interface Crowd {
  readonly members: readonly Member[];
  /** Connections that ended by themselves. */
  lost(): number;
  close(): void;
}

/** Opens many, some at a time. */
export async function openMembers(all: readonly MemberOptions[], atOnce = 100): Promise<Crowd> {
  const members: Member[] = [];
  let lost = 0;
  const onLost = (): void => {
    lost += 1;
  };
  for (let at = 0; at < all.length; at += atOnce) {
    const some = all.slice(at, at + atOnce).map((options) => openMember({ ...options, ...nextSource(), onLost }));
    members.push(...(await Promise.all(some)));
  }
  return {
    members,
    lost: () => lost,
    close() {
      open -= members.length;
      for (const member of members) member.close();
    },
  };
}

const CONNECTIONS_PER_ADDRESS = 20_000;
/** Connections of all crowds of this process. */
let open = 0;

/** The first ones leave the choice to the system. Others get addresses of their own, because ports run out. */
function nextSource(): { from?: string } {
  const address = Math.floor(open / CONNECTIONS_PER_ADDRESS);
  open += 1;
  return address === 0 ? {} : { from: `127.0.0.${1 + address}` };
}
