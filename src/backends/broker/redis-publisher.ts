// The link for publishing: writes the publications of one turn together, and remembers whether some were lost.
import type { Redis } from 'ioredis';
import { createBatches } from '../../lib/batches.ts';
import type { Logger } from '../../lib/logger.ts';
import { endOfTurn } from '../../lib/spacing.ts';
import type { LinkOptions, RedisLink } from '../redis/connection.ts';
import { createTrial } from '../redis/trial.ts';
import { type ChooseDialect, PLAIN } from './redis-dialect.ts';

const TIMEOUT_MS = 1_500;
/** The most characters that may wait for Redis to take them. What exceeds it is given up at once. */
const WAITING_MAX = 32 * 1024 * 1024;

export type Publisher = ReturnType<typeof createPublisher>;

interface PublisherDependencies {
  readonly open: (options: LinkOptions) => RedisLink<Redis>;
  readonly chooseDialect: ChooseDialect;
  readonly logger: Logger;
  /** The channel on which nodes hear that they may have missed something. It must be one that this server serves. */
  readonly lossChannel: () => string | undefined;
  /** Another channel of this server, to which nobody listens. */
  readonly trialChannel: () => string | undefined;
  /** The server refused something. In a cluster, another server may have its channels now. */
  readonly onRefused?: () => void;
}

interface Publication {
  readonly channel: string;
  readonly payload: string;
}

/**
 * Other nodes cannot see that a publication of this node was lost while their own links were up. So once it can publish
 * again, this node publishes an empty message to the loss channel.
 */
export function createPublisher(deps: PublisherDependencies) {
  const { chooseDialect, logger, lossChannel, trialChannel, onRefused = () => {} } = deps;
  const options = { name: 'chat-publish', timeoutMs: TIMEOUT_MS, logger, probe: () => trial.look() };
  const { client, attempted, failed, succeeded, close } = deps.open(options);
  /** The dialect of the present link. */
  let dialect = Promise.resolve(PLAIN);
  const batches = createBatches({ open: (): Publication[] => [], mayLeave: endOfTurn, send, overlapping: true });
  /** The characters that Redis has not answered for. */
  let waiting = 0;
  let lost = false;
  /** The reports that it has not answered. */
  let reports = 0;
  /** The server's last answer was that it does not publish. */
  let refused = false;

  const trial = createTrial({ client, channel: trialChannel, tryOut, isRefused: () => refused });

  client.on('ready', () => {
    dialect = chooseDialect(client);
    reportEarlierLoss();
  });

  async function send(items: readonly Publication[]): Promise<void> {
    const failure = await publishAll(items);
    for (const { payload } of items) waiting -= payload.length;
    if (failure) lost = true;
    else reportEarlierLoss();
  }

  /** Returns why the server did not take everything, if it did not. */
  async function publishAll(items: readonly Publication[]): Promise<Error | undefined> {
    await attempted;
    const { publish } = await dialect;
    const pipeline = client.pipeline();
    for (const { channel, payload } of items) publish(pipeline, channel, payload);
    const results = await pipeline.exec();
    const error = results ? results.find(([failure]) => failure !== null)?.[0] : new Error('The link was cut');
    if (error) noteFailure(error);
    else noteSuccess();
    return error ?? undefined;
  }

  function noteFailure(error: Error): void {
    if (failed(error)) refused = true;
    if (client.status === 'ready') onRefused();
  }

  function noteSuccess(): void {
    refused = false;
    succeeded();
  }

  async function tryOut(channel: string): Promise<void> {
    const failure = await publishAll([{ channel, payload: '' }]);
    if (failure) throw failure;
    reportEarlierLoss();
  }

  /** Tells all nodes if something was lost that nobody was told of. */
  function reportEarlierLoss(): void {
    if (lost) reportLoss();
  }

  /** Tells all nodes, as soon as possible, that they may have missed something. */
  function reportLoss(): void {
    const channel = lossChannel();
    lost = channel === undefined;
    if (channel === undefined) return;
    reports += 1;
    void publishAll([{ channel, payload: '' }]).then((failure) => {
      reports -= 1;
      lost ||= failure !== undefined;
    });
  }

  return {
    /** Resolves when Redis took it or it was given up. Never rejects. */
    async publish(channel: string, payload: string): Promise<void> {
      if (waiting + payload.length > WAITING_MAX) {
        lost = true;
        return;
      }
      waiting += payload.length;
      const { batch, sent } = batches.current();
      batch.push({ channel, payload });
      await sent;
    },
    /** Publishes an empty message, which may be lost. */
    greet(channel: string): void {
      void publishAll([{ channel, payload: '' }]);
    },
    reportLoss,
    reportEarlierLoss,
    /** Whether something was lost that nobody was told of yet, or may be, because Redis has not answered. */
    owesReport: () => lost || waiting > 0 || reports > 0,
    /** How many nodes listen to the loss channel, as all do. Rejects if Redis is away. */
    async countNodes(): Promise<number> {
      const channel = lossChannel();
      return channel === undefined ? 0 : (await dialect).count(client, channel);
    },
    /** Also false if the server refuses to publish. */
    connected: () => client.status === 'ready' && !refused,
    /** Publishes on a channel without listeners. Rejects if the server is away or refuses. */
    ping: async () => void (await trial.tryNow()),
    close,
  };
}
