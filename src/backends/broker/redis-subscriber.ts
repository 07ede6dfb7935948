// The link on which publications arrive: tells Redis each topic once, and all of them again after an outage.
import type { Logger } from '../../protocol/logger.ts';
import type { RedisConnection } from '../redis-connection.ts';
import type { Listener, Unsubscribe } from './broker.ts';
import { createListeners } from './listeners.ts';

/** Channels in one command: long enough to be few commands, short enough not to hold Redis up. */
const CHUNK = 1_000;
const TIMEOUT_MS = 1_500;

export interface Subscriber {
  subscribe(channel: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe };
  /** Hands over what does not come by the link. */
  deliver(channel: string, payload: string): void;
  /** True while every channel is subscribed. */
  connected(): boolean;
  ping(): Promise<void>;
  close(): void;
}

/** `onReturn` is called when the link is back after an outage and everything is subscribed again. */
export function createSubscriber(deps: {
  readonly connection: RedisConnection;
  readonly logger: Logger;
  readonly onReturn: () => void;
}): Subscriber {
  const { connection, logger, onReturn } = deps;
  const { client, attempted, close } = connection.messages({ name: 'chat-subscribe', timeoutMs: TIMEOUT_MS, logger });
  const listeners = createListeners(logger);
  /** What Redis was told on the present link. */
  const told = new Set<string>();
  let changed = new Set<string>();
  let nextTelling: Promise<void> | undefined;
  /** Settles when Redis has answered everything that it was told so far. */
  let answered = Promise.resolve();
  let up = false;
  let wasDown = false;

  client.on('message', listeners.deliver);
  client.on('close', () => {
    told.clear();
    up = false;
    wasDown = true;
  });
  client.on('ready', async () => {
    for (const channel of listeners.topics()) changed.add(channel);
    await tell();
    if (client.status !== 'ready') return; // Lost again meanwhile: the next return reports.
    up = true;
    if (wasDown) onReturn();
  });

  /** At the end of this turn of the event loop, with all other changes of the turn. */
  function tellSoon(channel: string): Promise<void> {
    changed.add(channel);
    nextTelling ??= new Promise((resolve) => {
      setImmediate(() => {
        nextTelling = undefined;
        resolve(tell());
      });
    });
    return nextTelling;
  }

  function tell(): Promise<void> {
    const channels = changed;
    changed = new Set();
    // While the link is down nothing is told: its return tells everything.
    if (client.status === 'ready') answered = Promise.all([answered, send(channels)]).then(() => {});
    return answered;
  }

  async function send(channels: Iterable<string>): Promise<void> {
    const wanted: string[] = [];
    const unwanted: string[] = [];
    for (const channel of channels) {
      const wants = listeners.has(channel);
      if (wants === told.has(channel)) continue;
      if (wants) wanted.push(channel);
      else unwanted.push(channel);
    }
    for (const channel of wanted) told.add(channel);
    for (const channel of unwanted) told.delete(channel);
    const commands = [
      ...chunks(wanted).map((chunk) => client.subscribe(...chunk)),
      ...chunks(unwanted).map((chunk) => client.unsubscribe(...chunk)),
    ];
    for (const result of await Promise.allSettled(commands)) {
      // A broken link has been reported; a command that a sound one refuses has not.
      if (result.status === 'rejected' && client.status === 'ready')
        logger.error({ err: result.reason }, 'Redis refused a subscription');
    }
  }

  async function subscribed(channel: string): Promise<void> {
    await attempted;
    await tellSoon(channel);
  }

  return {
    subscribe(channel, listener) {
      const unsubscribe = listeners.add(channel, listener, () => void tellSoon(channel));
      return { ready: subscribed(channel), unsubscribe };
    },
    deliver: listeners.deliver,
    connected: () => up,
    async ping() {
      await client.ping();
    },
    close() {
      listeners.clear();
      close();
    },
  };
}

function chunks(channels: readonly string[]): string[][] {
  const result: string[][] = [];
  for (let start = 0; start < channels.length; start += CHUNK) result.push(channels.slice(start, start + CHUNK));
  return result;
}
