// The two kinds of conversation, seen alike: what is said in them, how a client joins, what state it ends up with.
import { expect } from 'vitest';
import type { ChatClient, FrameData, ServerFrame } from '../../../support/contract-clients.ts';
import { LOG_FRAMES } from './live.ts';
import { group, type Person, say, tell } from './people.ts';
import { history } from './rest.ts';
import type { Message } from './wire.ts';

export interface Talk {
  /** Who writes over REST, and who reads. */
  readonly writer: Person;
  readonly reader: Person;
  /** The type of the frame of a message that is new. */
  readonly stored: 'channel.message' | 'direct.message';
  say(text?: string): Promise<Message>;
  /** Sends so many messages at the same time over a connection of the writer. */
  sayLive(client: ChatClient, count: number): Promise<FrameData[]>;
  /** Joins as the reader; gives the data of the ack. */
  join(client: ChatClient, since?: unknown): Promise<FrameData>;
  joinRefused(client: ChatClient, since: unknown): Promise<string>;
  /** Everything that is in it now, read over REST, by id. */
  state(): Promise<Map<number, string | null>>;
}

export const TALKS: [string, (writer: Person, reader: Person) => Promise<Talk>][] = [
  [
    'a channel',
    async (writer, reader) => {
      const channelId = await group(writer, reader);
      return talk(writer, reader, {
        kind: 'channel',
        joins: { channel_id: channelId },
        sends: { channel_id: channelId },
        say: (text) => say(writer, channelId, text),
        path: `channel/${channelId}`,
      });
    },
  ],
  [
    'a pair of users',
    async (writer, reader) =>
      talk(writer, reader, {
        kind: 'direct',
        joins: { user_id: writer.id },
        sends: { receiver_id: reader.id },
        say: (text) => tell(writer, reader, text),
        path: `friend/${writer.id}`,
      }),
  ],
];

interface Kind {
  readonly kind: 'channel' | 'direct';
  /** The data that names it in a join, and in a message. */
  readonly joins: object;
  readonly sends: object;
  readonly say: Talk['say'];
  /** Where REST has it, for the reader. */
  readonly path: string;
}

function talk(writer: Person, reader: Person, { kind, joins, sends, say: write, path }: Kind): Talk {
  return {
    writer,
    reader,
    stored: `${kind}.message`,
    say: write,
    sayLive: (client, count) =>
      Promise.all(
        Array.from({ length: count }, (_, n) => client.call(`${kind}.message`, { ...sends, text: `live ${n}` })),
      ),
    join: (client, since) => client.call(`${kind}.join`, { ...joins, since }),
    joinRefused: async (client, since) => (await client.refused(`${kind}.join`, { ...joins, since })).code,
    async state() {
      const messages = await history(reader.elsewhere, `/messages/${path}`);
      return new Map(messages.map(({ id, text }) => [id, text]));
    },
  };
}

/** The log frames that came, in order. */
export const logFrames = (client: ChatClient): ServerFrame[] =>
  client.frames.filter((frame) => (LOG_FRAMES as readonly string[]).includes(frame.type));

/** Those that came after the last ack: what a join brought, and live ones. */
export const logFramesSinceAck = (client: ChatClient): ServerFrame[] => {
  const ack = client.frames.findLastIndex((frame) => frame.type === 'ack');
  return logFrames(client).filter((frame) => client.frames.indexOf(frame) > ack);
};

/** Waits until the event with this number has come. */
export const reaches = (client: ChatClient, seq: number): Promise<ServerFrame> =>
  client.next((frame) => frame.seq === seq && (LOG_FRAMES as readonly string[]).includes(frame.type));

/** Puts log frames onto what a client knew, as the protocol tells it to: upsert by message id. They never go back. */
export function replay(frames: readonly ServerFrame[], known: ReadonlyMap<number, string | null> = new Map()) {
  const state = new Map(known);
  let last = 0;
  for (const { type, data, seq = 0 } of frames) {
    expect(seq).toBeGreaterThan(last);
    last = seq;
    if (type === 'message.deleted') state.delete(data.id as number);
    else state.set(data.id as number, data.text ?? null);
  }
  return new Map([...state].sort(([a], [b]) => a - b));
}
