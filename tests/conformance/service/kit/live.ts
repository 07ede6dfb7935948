// Live connections of a test, and what to look for in what came to them.
import { afterEach, expect } from 'vitest';
import { type ChatClient, connect, type ServerFrame, type TransportName } from '../../../support/contract-clients.ts';
import type { Service } from '../../../support/service-under-test.ts';
import { type Person, say } from './people.ts';

/** Connects (without a user: unauthenticated) to a node; the connection ends with the test. */
export type Connect = (who?: { token: string }, node?: number) => Promise<ChatClient>;

export function connector(service: Service, transport: TransportName): Connect {
  const open: ChatClient[] = [];
  afterEach(async () => void (await Promise.all(open.splice(0).map((client) => client.close()))));
  return async (who, node = 0) => {
    const client = await connect(transport, service.url(node), who ? { token: who.token } : {});
    open.push(client);
    return client;
  };
}

/** Connects and joins a channel. */
export async function joined(connectTo: Connect, who: Person, channelId: number, node = 0): Promise<ChatClient> {
  const client = await connectTo(who, node);
  await client.call('channel.join', { channel_id: channelId });
  return client;
}

/** The frames of these types that came, those for one channel where it is given. */
export function framesOf(client: ChatClient, types: string | readonly string[], channelId?: number): ServerFrame[] {
  const wanted = [types].flat();
  return client.frames.filter(
    ({ type, data }) => wanted.includes(type) && (channelId === undefined || data.channel_id === channelId),
  );
}

/** The frames that carry numbers of a log. */
export const LOG_FRAMES = [
  'channel.message',
  'direct.message',
  'message.updated',
  'message.reacted',
  'message.deleted',
] as const;

/** Proves that nothing more is on its way to clients live in the channel: a new message comes to each of them. */
export async function settled(channelId: number, who: Person, ...clients: ChatClient[]): Promise<void> {
  const { id } = await say(who, channelId);
  for (const client of clients) await client.next(({ type, data }) => type === 'channel.message' && data.id === id);
  expect(clients.length).toBeGreaterThan(0);
}
