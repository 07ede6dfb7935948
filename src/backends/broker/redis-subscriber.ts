// The link on which publications arrive: tells Redis each topic once, and all of them again after an outage.
import type { Redis } from 'ioredis';
import type { Logger } from '../../lib/logger.ts';
import { createSpacing } from '../../lib/spacing.ts';
import type { LinkOptions, RedisLink } from '../redis/connection.ts';
import type { Listener, Unsubscribe } from './broker.ts';
import { createListeners } from './listeners.ts';
import { type ChooseDialect, PLAIN } from './redis-dialect.ts';

/** Channels in one command: long enough to be few commands, short enough not to hold Redis up. */
const CHUNK = 1_000;
const TIMEOUT_MS = 1_500;

export interface Subscriber {
  subscribe(channel: string, listener: Listener): { ready: Promise<void>; unsubscribe: Unsubscribe };
  /** Hands over what does not come by the link. */
  deliver(channel: string, payload: string): void;
  /** True while every channel is subscribed. */
  connected(): boolean;
  /** Tells again what the server refused or took back, where there is such. */
  retry(): void;
  ping(): Promise<void>;
  close(): void;
}

export interface SubscriberDependencies {
  readonly open: (options: LinkOptions) => RedisLink<Redis>;
  readonly chooseDialect: ChooseDialect;
  readonly logger: Logger;
  /** Channels that differ in it go into different commands. */
  readonly groupOf?: (channel: string) => unknown;
  /** The link is back after an outage, or what was refused is subscribed after all: publications may have been lost. */
  readonly onReturn: () => void;
  /**
   * The link is lost, or the server refused channels or took them back: in a cluster another may have them now. Where this
   * is given, `retry` is called later.
   */
  readonly onAstray?: () => void;
}

export function createSubscriber(deps: SubscriberDependencies): Subscriber {
  const { chooseDialect, logger, onReturn, onAstray, groupOf = () => undefined } = deps;
  const { client, attempted, close } = deps.open({ name: 'chat-subscribe', timeoutMs: TIMEOUT_MS, logger });
  const listeners = createListeners(logger, (channel) => void tellSoon(channel));
  const spacing = createSpacing();
  /** What Redis was told on the present link. */
  const told = new Set<string>();
  let dialect = Promise.resolve(PLAIN);
  let changed = new Set<string>();
  let nextTelling: Promise<void> | undefined;
  /** Settles when Redis has answered everything that it was told so far. */
  let answered = Promise.resolve();
  let up = false;
  let wasDown = false;
  /** The server refused a channel or took one back. */
  let astray = false;
  let links = 0;

  client.on('message', listeners.deliver);
  client.on('smessage', listeners.deliver);
  // A master that gave slots away takes the subscriptions of their channels back, and does not say which to us.
  client.on('moved', goAstray);
  client.on('close', () => {
    told.clear();
    up = false;
    wasDown = true;
    onAstray?.();
  });
  client.on('ready', () => {
    dialect = chooseDialect(client);
    links += 1;
    astray = false;
    void tellAll();
  });

  function goAstray(): void {
    astray = true;
    up = false;
    wasDown = true;
    onAstray?.();
  }

  async function tellAll(): Promise<void> {
    const link = links;
    for (const channel of listeners.topics()) changed.add(channel);
    await tell(true);
    if (client.status !== 'ready' || link !== links || astray) return; // Lost again meanwhile: the next return reports.
    up = true;
    if (wasDown) onReturn();
    wasDown = false;
  }

  /** At the end of this turn of the event loop, or of a moment in a rush, with all other changes until then. */
  function tellSoon(channel: string): Promise<void> {
    changed.add(channel);
    nextTelling ??= endOfTurn()
      .then(spacing)
      .then(() => {
        nextTelling = undefined;
        return tell();
      });
    return nextTelling;
  }

  function tell(again = false): Promise<void> {
    const channels = changed;
    changed = new Set();
    // While the link is down nothing is told: its return tells everything.
    if (client.status === 'ready') answered = Promise.all([answered, send(channels, again)]).then(() => {});
    return answered;
  }

  /** `again`: also what was told before. */
  async function send(channels: Iterable<string>, again: boolean): Promise<void> {
    const { subscribe, unsubscribe } = await dialect;
    if (client.status !== 'ready') return;
    const wanted: string[] = [];
    const unwanted: string[] = [];
    for (const channel of channels) {
      const wants = listeners.has(channel);
      if (wants === told.has(channel) && !(wants && again)) continue;
      if (wants) wanted.push(channel);
      else unwanted.push(channel);
    }
    for (const channel of wanted) told.add(channel);
    for (const channel of unwanted) told.delete(channel);
    const link = links;
    const refused = (isWanted: boolean) => (reason: unknown) => {
      // A broken link has been reported; a command that a sound one refuses has not.
      if (client.status === 'ready' && link === links) noteRefusal(reason, isWanted);
    };
    await Promise.all([
      ...chunks(wanted, groupOf).map((chunk) => subscribe(client, chunk).catch(refused(true))),
      ...chunks(unwanted, groupOf).map((chunk) => unsubscribe(client, chunk).catch(refused(false))),
    ]);
  }

  function noteRefusal(reason: unknown, isWanted: boolean): void {
    const isElsewhere = reason instanceof Error && /^(MOVED|CLUSTERDOWN) /.test(reason.message);
    if (!isElsewhere && !astray) logger.error({ err: reason }, 'Redis refused a subscription');
    if (isWanted && onAstray) goAstray();
  }

  async function subscribed(channel: string): Promise<void> {
    await attempted;
    await tellSoon(channel);
  }

  return {
    subscribe(channel, listener) {
      const unsubscribe = listeners.add(channel, listener);
      return { ready: subscribed(channel), unsubscribe };
    },
    deliver: listeners.deliver,
    connected: () => up,
    retry() {
      if (!astray || client.status !== 'ready') return;
      astray = false;
      void tellAll();
    },
    async ping() {
      await client.ping();
    },
    close() {
      listeners.clear();
      close();
    },
  };
}

function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lists of at most CHUNK channels of one group. */
function chunks(channels: readonly string[], groupOf: (channel: string) => unknown): string[][] {
  const open = new Map<unknown, string[]>();
  const result: string[][] = [];
  for (const channel of channels) {
    const group = groupOf(channel);
    let chunk = open.get(group);
    if (!chunk || chunk.length === CHUNK) {
      chunk = [];
      open.set(group, chunk);
      result.push(chunk);
    }
    chunk.push(channel);
  }
  return result;
}
