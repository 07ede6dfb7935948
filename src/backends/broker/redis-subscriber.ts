// The link on which publications arrive: subscribes each topic once, and all of them again after an outage.
import type { Redis } from 'ioredis';
import type { Logger } from '../../lib/logger.ts';
import { createSpacing, endOfTurn } from '../../lib/spacing.ts';
import type { LinkOptions, RedisLink } from '../redis/connection.ts';
import { createTrial } from '../redis/trial.ts';
import type { Listener } from './broker.ts';
import { createListeners } from './listeners.ts';
import { type ChooseDialect, PLAIN } from './redis-dialect.ts';

/** Channels in one command: enough to need few commands, few enough not to hold Redis up. */
const CHUNK = 1_000;
const TIMEOUT_MS = 1_500;

export type Subscriber = ReturnType<typeof createSubscriber>;

interface SubscriberDependencies {
  readonly open: (options: LinkOptions) => RedisLink<Redis>;
  readonly chooseDialect: ChooseDialect;
  readonly logger: Logger;
  /** A channel of this server that is listened to anyway. */
  readonly trialChannel: () => string | undefined;
  /** Channels of different groups go into different commands. */
  readonly groupOf?: (channel: string) => unknown;
  /** The link has returned after an outage, or what was refused is subscribed now: publications may have been lost. */
  readonly onReturn: () => void;
  /**
   * The link is lost, or the server refused channels or took them back: in a cluster another may have them now. If this
   * is given, `retry` is called later. Otherwise they are tried again here.
   */
  readonly onAstray?: () => void;
}

export function createSubscriber(deps: SubscriberDependencies) {
  const { chooseDialect, logger, trialChannel, onReturn, onAstray, groupOf = () => undefined } = deps;
  const options = { name: 'chat-subscribe', timeoutMs: TIMEOUT_MS, logger, probe: () => trial.look() };
  const { client, attempted, failed, succeeded, close } = deps.open(options);
  const listeners = createListeners(logger, (channel) => void tellSoon(channel));
  const spacing = createSpacing();
  /** The channels that Redis was told on the present link. */
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
  /** Its last answer was that nobody may subscribe here. All channels are tried again when it takes one. */
  let refused = false;
  let links = 0;

  const trial = createTrial({ client, channel: trialChannel, tryOut, isRefused: () => refused });

  client.on('message', listeners.deliver);
  client.on('smessage', listeners.deliver);
  // A master that gave slots away takes back the subscriptions of their channels, and the client does not say which.
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
    refused = false;
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

  /**
   * Tells Redis at the end of this turn of the event loop (in a rush, a little later), with all other changes until
   * then.
   */
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
    // While the link is down nothing is told, because its return tells everything.
    if (client.status === 'ready') answered = Promise.all([answered, send(channels, again)]).then(() => {});
    return answered;
  }

  /** If `again`, also sends what was told before. */
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
    // A broken link has been reported, but a command refused on a sound one has not.
    const isSound = () => client.status === 'ready' && link === links;
    await Promise.all([
      ...chunks(wanted, groupOf).map((chunk) =>
        subscribe(client, chunk).catch((error: unknown) => {
          if (isSound()) noteRefusal(error, chunk);
        }),
      ),
      // What still arrives finds no listener.
      ...chunks(unwanted, groupOf).map((chunk) =>
        unsubscribe(client, chunk).catch((err: unknown) => logger.debug({ err }, 'Redis refused to unsubscribe')),
      ),
    ]);
  }

  function noteRefusal(error: unknown, channels: readonly string[]): void {
    for (const channel of channels) told.delete(channel);
    if (failed(error)) refused = true;
    goAstray();
  }

  async function tryOut(channel: string): Promise<void> {
    const { subscribe } = await dialect;
    try {
      await subscribe(client, [channel]);
    } catch (error) {
      if (client.status === 'ready') noteRefusal(error, []);
      throw error;
    }
    refused = false;
    succeeded();
    if (!onAstray) retry();
  }

  /** Subscribes again what the server refused or took back, if anything. */
  function retry(): void {
    if (!astray || refused || client.status !== 'ready') return;
    astray = false;
    void tellAll();
  }

  async function subscribed(channel: string): Promise<void> {
    await attempted;
    // A server that still loads its data keeps the link waiting without closing it.
    if (client.status !== 'ready') wasDown = true;
    await tellSoon(channel);
  }

  return {
    subscribe(channel: string, listener: Listener) {
      const unsubscribe = listeners.add(channel, listener);
      return { ready: subscribed(channel), unsubscribe };
    },
    /** Hands over a payload that does not come over the link. */
    deliver: listeners.deliver,
    /** True while every channel is subscribed. */
    connected: () => up,
    retry,
    /** Subscribes once more to something it listens to. Rejects if the server is away or refuses. */
    ping: async () => void (await trial.tryNow()),
    close(): void {
      listeners.clear();
      close();
    },
  };
}

/** Splits channels into lists of at most CHUNK channels of one group. */
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
