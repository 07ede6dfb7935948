// The link that publications leave on: those of one turn in one write, and the memory that some were lost.
import type { Logger } from '../../protocol/logger.ts';
import type { RedisConnection } from '../redis-connection.ts';

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
  /** How many links listen to the channel. Rejects where Redis is away. */
  countListeners(channel: string): Promise<number>;
  connected(): boolean;
  ping(): Promise<void>;
  close(): void;
}

interface Batch {
  readonly items: Array<{ readonly channel: string; readonly payload: string }>;
  readonly done: Promise<void>;
}

/**
 * The others cannot see that a publication of this node was lost while their own links were up: so when it can again,
 * this one publishes an empty message to `lossChannel`.
 */
export function createPublisher(deps: {
  readonly connection: RedisConnection;
  readonly logger: Logger;
  readonly lossChannel: string;
}): Publisher {
  const { connection, logger, lossChannel } = deps;
  const { client, attempted, close } = connection.messages({ name: 'chat-publish', timeoutMs: TIMEOUT_MS, logger });
  let batch: Batch | undefined;
  let waiting = 0;
  let lost = false;

  client.on('ready', reportEarlierLoss);

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
    await attempted;
    const pipeline = client.pipeline();
    for (const { channel, payload } of items) pipeline.publish(channel, payload);
    const results = await pipeline.exec();
    for (const { payload } of items) waiting -= payload.length;
    const failed = results === null || results.some(([error]) => error !== null);
    if (failed) lost = true;
    else reportEarlierLoss();
  }

  function reportEarlierLoss(): void {
    if (lost) reportLoss();
  }

  function reportLoss(): void {
    lost = false;
    client.publish(lossChannel, '').catch(() => {
      lost = true;
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
      client.publish(channel, '').catch(() => {});
    },
    reportLoss,
    async countListeners(channel) {
      const [, count] = await client.pubsub('NUMSUB', channel);
      return Number(count);
    },
    connected: () => client.status === 'ready',
    async ping() {
      await client.ping();
    },
    close,
  };
}
