// The link that publications leave on: those of one turn in one write, and the memory that some were lost.
import type { Redis } from 'ioredis';
import type { Logger } from '../../lib/logger.ts';
import type { LinkOptions, RedisLink } from '../redis/connection.ts';
import { type ChooseDialect, PLAIN } from './redis-dialect.ts';

const TIMEOUT_MS = 1_500;
/** Characters that may wait for Redis to take them; more is given up at once. */
const WAITING_MAX = 32 * 1024 * 1024;

export interface Publisher {
  /** Resolves when Redis took it or it was given up. Never rejects. */
  publish(channel: string, payload: string): Promise<void>;
  /** Publishes an empty message, which may be lost. */
  greet(channel: string): void;
  /** Tells all nodes, as soon as possible, that they may have missed something. */
  reportLoss(): void;
  /** Does so where something was lost that nobody was told of. */
  reportEarlierLoss(): void;
  /** Something was lost, and nobody told of it yet. */
  owesReport(): boolean;
  /** How many links listen to the channel. Rejects where Redis is away. */
  countListeners(channel: string): Promise<number>;
  connected(): boolean;
  ping(): Promise<void>;
  close(): void;
}

export interface PublisherDependencies {
  readonly open: (options: LinkOptions) => RedisLink<Redis>;
  readonly chooseDialect: ChooseDialect;
  readonly logger: Logger;
  /** The channel, one that this server serves, on which nodes hear that they may have missed something. */
  readonly lossChannel: () => string | undefined;
  /** The server refused something: in a cluster it may have lost its channels to another. */
  readonly onRefused?: () => void;
}

interface Batch {
  readonly items: Array<{ readonly channel: string; readonly payload: string }>;
  readonly done: Promise<void>;
}

/**
 * The others cannot see that a publication of this node was lost while their own links were up: so when it can again,
 * this one publishes an empty message to the loss channel.
 */
export function createPublisher(deps: PublisherDependencies): Publisher {
  const { chooseDialect, logger, lossChannel, onRefused = () => {} } = deps;
  const { client, attempted, close } = deps.open({ name: 'chat-publish', timeoutMs: TIMEOUT_MS, logger });
  /** That of the present link. */
  let dialect = Promise.resolve(PLAIN);
  let batch: Batch | undefined;
  let waiting = 0;
  let lost = false;

  client.on('ready', () => {
    dialect = chooseDialect(client);
    reportEarlierLoss();
  });

  function gather(): Batch {
    const done = new Promise<void>((resolve) => {
      setImmediate(() => {
        const { items } = gathered;
        batch = undefined;
        resolve(send(items));
      });
    });
    const gathered: Batch = { items: [], done };
    return gathered;
  }

  async function send(items: Batch['items']): Promise<void> {
    const failed = !(await publishAll(items));
    for (const { payload } of items) waiting -= payload.length;
    if (failed) lost = true;
    else reportEarlierLoss();
  }

  /** Gives whether the server took everything. */
  async function publishAll(items: Batch['items']): Promise<boolean> {
    await attempted;
    const { publish } = await dialect;
    const pipeline = client.pipeline();
    for (const { channel, payload } of items) publish(pipeline, channel, payload);
    const results = await pipeline.exec();
    if (results === null) return false;
    const refused = results.some(([error]) => error !== null);
    if (refused && client.status === 'ready') onRefused();
    return !refused;
  }

  function reportEarlierLoss(): void {
    if (lost) reportLoss();
  }

  function reportLoss(): void {
    const channel = lossChannel();
    lost = channel === undefined;
    if (channel === undefined) return;
    void publishAll([{ channel, payload: '' }]).then((took) => {
      lost ||= !took;
    });
  }

  return {
    async publish(channel, payload) {
      if (waiting + payload.length > WAITING_MAX) {
        lost = true;
        return;
      }
      waiting += payload.length;
      batch ??= gather();
      batch.items.push({ channel, payload });
      await batch.done;
    },
    greet(channel) {
      void publishAll([{ channel, payload: '' }]);
    },
    reportLoss,
    reportEarlierLoss,
    owesReport: () => lost,
    async countListeners(channel) {
      return (await dialect).count(client, channel);
    },
    connected: () => client.status === 'ready',
    async ping() {
      await client.ping();
    },
    close,
  };
}
