// A Socket.IO client as a user of the library sees it: events, and callbacks.
import type { Socket } from 'socket.io-client';
import type { FrameData } from '../../../support/contract-clients.ts';
import { createQueue } from '../../../support/queue.ts';

const EVENTS = ['authenticated', 'message', 'joined_channel', 'left_channel', 'error', 'disconnect'] as const;
type EventName = (typeof EVENTS)[number];

/** What a callback gets. */
export interface Result {
  ok: boolean;
  data?: FrameData;
  error?: { code: string; message: string };
}

/** A client as a user of the library sees it: its events in order, and callbacks. */
export interface EventClient {
  readonly socket: Socket;
  /** The events that came, by name, in order. */
  names(): string[];
  next<T>(event: EventName, match?: (data: T) => boolean): Promise<T>;
  emit(event: string, ...data: unknown[]): void;
  /** Emits with an acknowledgement callback; gives what the callback got. */
  ask(event: string, data?: unknown): Promise<Result>;
}

/** Records the events of a socket that is connecting. */
export function watch(socket: Socket): EventClient {
  const events = createQueue<{ name: string; data: unknown }>(({ name }) => name);
  for (const name of EVENTS) socket.on(name, (data: unknown) => events.push({ name, data }));
  return {
    socket,
    names: () => events.items.map(({ name }) => name),
    async next<T>(event: EventName, match: (data: T) => boolean = () => true) {
      const { data } = await events.take(({ name, data }) => name === event && match(data as T), `the event ${event}`);
      return data as T;
    },
    emit: (event, ...data) => void socket.emit(event, ...data),
    ask: (event, data) => new Promise((resolve) => socket.emit(event, data, resolve)),
  };
}
