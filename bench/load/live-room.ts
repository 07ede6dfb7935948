// A channel whose members are all connected and live, and one of whom sends. Most scenarios drive it.
import type { Dialect } from './dialect.ts';
import type { Latencies } from './latencies.ts';
import { openMember, openMembers } from './member.ts';
import { pace, pause, settle } from './pace.ts';
import type { Channel } from './people.ts';
import { Room } from './room.ts';

export interface LiveRoom {
  readonly room: Room;
  readonly size: number;
  send(): void;
  /** Connections that ended by themselves. */
  lost(): number;
  close(): void;
}

export interface LiveRoomOptions {
  readonly dialect: Dialect;
  readonly port: number;
  readonly channel: Channel;
  readonly text: string;
  readonly latencies?: Latencies;
  /** The port of a separate sender, whose connection has joined nothing. Without it, the first receiver sends. */
  readonly senderPort?: number;
}

/** Resolves when all members are live in the channel. */
export async function openRoom(options: LiveRoomOptions): Promise<LiveRoom> {
  const { dialect, port, channel, text, latencies, senderPort } = options;
  const { id, members } = channel;
  const room = new Room(members.length, latencies);
  const crowd = await openMembers(
    members.map(({ token }) => ({ port, dialect, token, channelIds: [id], onDelivery: room.receiver() })),
  );
  const token = members[0]?.token ?? '';
  const apart = senderPort && (await openMember({ port: senderPort, dialect, token, channelIds: [] }));
  const sender = apart || crowd.members[0];
  return {
    room,
    size: members.length,
    send: () => sender?.send(dialect.message(id, text, room.noteSent())),
    lost: crowd.lost,
    close() {
      crowd.close();
      sender?.close();
    },
  };
}

export async function openRooms(all: readonly LiveRoomOptions[]): Promise<LiveRoom[]> {
  const rooms: LiveRoom[] = [];
  // A few rooms at a time: about a hundred connections.
  const atOnce = Math.max(1, Math.floor(100 / (all[0]?.channel.members.length ?? 100)));
  for (let at = 0; at < all.length; at += atOnce) {
    rooms.push(...(await Promise.all(all.slice(at, at + atOnce).map(openRoom))));
  }
  return rooms;
}

/** While `work` runs, keeps this many messages of each room under way until all receivers have them. */
export async function keepUnderWay<T>(rooms: readonly LiveRoom[], count: number, work: () => Promise<T>): Promise<T> {
  for (const { room, send } of rooms) {
    room.onComplete = send;
    for (let sent = 0; sent < count; sent++) send();
  }
  const result = await work();
  for (const { room } of rooms) room.onComplete = () => {};
  await settled(rooms);
  return result;
}

/** While `work` runs, sends this many messages a second in all, by the rooms in turns. */
export async function keepPace<T>(rooms: readonly LiveRoom[], perSecond: number, work: () => Promise<T>): Promise<T> {
  let next = 0;
  const stop = pace(perSecond, () => rooms[next++ % rooms.length]?.send());
  const result = await work();
  stop();
  await settled(rooms);
  return result;
}

/** Sends one message in each room. `wrong` tells whether everybody got it. */
export async function sendOnce(rooms: readonly LiveRoom[]): Promise<void> {
  for (const [index, { send }] of rooms.entries()) {
    send();
    if (index % 100 === 99) await pause(10);
  }
  await settled(rooms);
}

export function deliveriesOf(rooms: readonly LiveRoom[]): number {
  return sum(rooms, ({ room }) => room.deliveries);
}

export function wrongOf(rooms: readonly LiveRoom[]): number {
  return sum(rooms, ({ room }) => room.wrong());
}

export function lostOf(rooms: readonly LiveRoom[]): number {
  return sum(rooms, ({ lost }) => lost());
}

export function closeAll(rooms: readonly LiveRoom[]): void {
  for (const { close } of rooms) close();
}

function settled(rooms: readonly LiveRoom[]): Promise<void> {
  return settle(() => rooms.every(({ room }) => room.isComplete()));
}

function sum(rooms: readonly LiveRoom[], of: (room: LiveRoom) => number): number {
  return rooms.reduce((total, room) => total + of(room), 0);
}
