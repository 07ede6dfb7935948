// One connection of a load that is live in a channel.
import type { Dialect } from './dialect.ts';
import { openRaw } from './raw-client.ts';

export interface Member {
  send(text: string): void;
  sendAll(texts: readonly string[]): void;
  close(): void;
}

export interface MemberOptions {
  readonly port: number;
  readonly dialect: Dialect;
  readonly token: string;
  readonly channelId: number;
  readonly onDelivery?: (text: string) => void;
  readonly onAck?: () => void;
  readonly onBytes?: (count: number) => void;
}

/** Resolves when the connection has joined. */
export async function openMember(options: MemberOptions): Promise<Member> {
  const { port, dialect, token, channelId, onDelivery, onAck, onBytes } = options;
  const ready = createSignal();
  const joined = createSignal();
  const client = await openRaw({
    port,
    path: dialect.path(token),
    ...(onBytes && { onBytes }),
    onMessage(text) {
      if (dialect.isDelivery(text)) return onDelivery?.(text);
      if (dialect.isReady(text)) return ready.fire();
      if (dialect.isJoined(text)) return joined.fire();
      if (dialect.isAck(text)) return onAck?.();
      const pong = dialect.pong(text);
      if (pong !== undefined) client.send(pong);
    },
  });
  for (const text of dialect.hello(token)) client.send(text);
  await ready.fired;
  client.send(dialect.join(channelId));
  await joined.fired;
  return client;
}

/** Opens many, some at a time. */
export async function openMembers(all: readonly MemberOptions[], atOnce = 100): Promise<Member[]> {
  const members: Member[] = [];
  for (let at = 0; at < all.length; at += atOnce) {
    members.push(...(await Promise.all(all.slice(at, at + atOnce).map(openMember))));
  }
  return members;
}

function createSignal(): { fire(): void; readonly fired: Promise<void> } {
  let fire = (): void => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}
