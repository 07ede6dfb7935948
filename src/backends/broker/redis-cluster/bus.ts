// Carries named publications over a Redis Cluster. Each name goes to the master that has its shard, so a publication
// only reaches that master and the nodes that listen.
import type { RedisAddress } from '../../redis/connection.ts';
import type { Listener, Unsubscribe } from '../broker.ts';
import { type Bus, type BusDependencies, LOST, TRIAL } from '../redis-bus.ts';
import { askDialect, type ChooseDialect } from '../redis-dialect.ts';
import { createPublisher, type Publisher } from '../redis-publisher.ts';
import { createSubscriber, type Subscriber } from '../redis-subscriber.ts';
import { createShards, SHARDS } from './shards.ts';
import { createTopology, type OwnerOf } from './topology.ts';

interface Master {
  readonly publisher: Publisher;
  readonly subscriber: Subscriber;
}

/** One listener, and its subscription at the master that has its channel, if there is one. */
interface Subscription {
  readonly channel: string;
  readonly listener: Listener;
  ready: Promise<void>;
  end: Unsubscribe;
}

const nothing = (): void => {};

export function createClusterBus({ connection, prefix, logger, onReturn }: BusDependencies): Bus {
  const shards = createShards();
  const subscriptions = Array.from({ length: SHARDS }, () => new Set<Subscription>());
  const masters = new Map<string, Master>();
  /** For each shard, the key of its master in `masters`. */
  const owners = new Array<string | undefined>(SHARDS).fill(undefined);
  /** True after the first answer, or after the first attempt has failed. */
  let known = false;
  let started = false;
  let said = false;
  let owed = false;
  const topology = createTopology({ connection, logger, onAnswer });
  void topology.started.then(() => {
    started = true;
  });

  const channelOf = (name: string, shard = shards.of(name)): string => `${prefix}{${shards.tag(shard)}}:${name}`;
  const masterOf = (shard: number): Master | undefined => masters.get(owners[shard] ?? '');

  const chooseDialect: ChooseDialect = async (client) => {
    const dialect = await askDialect(client);
    if (!dialect.sharded && !said) {
      said = true;
      const reason = 'sharded publish/subscribe comes with Redis 7';
      logger.warn({ reason }, 'Redis Cluster passes every publication on to all of its nodes');
    }
    return dialect;
  };

  function connect(key: string, address: RedisAddress): Master {
    const link = {
      open: (options: Parameters<typeof connection.single>[0]) => connection.single(options, () => [address]),
      chooseDialect,
      logger,
    };
    const ownChannel = (name: string) => () => {
      const shard = owners.indexOf(key);
      return shard < 0 ? undefined : channelOf(name, shard);
    };
    const [lossChannel, trialChannel] = [ownChannel(LOST), ownChannel(TRIAL)];
    const onAstray = topology.doubt;
    return {
      publisher: createPublisher({ ...link, lossChannel, trialChannel, onRefused: topology.doubt }),
      subscriber: createSubscriber({ ...link, trialChannel: lossChannel, groupOf: tagIn, onReturn, onAstray }),
    };
  }

  function attach(subscription: Subscription, master: Master | undefined): Promise<void> {
    const { channel, listener } = subscription;
    const attached = master?.subscriber.subscribe(channel, listener);
    subscription.end = attached?.unsubscribe ?? nothing;
    subscription.ready = attached?.ready ?? Promise.resolve();
    return subscription.ready;
  }

  /** Moves subscriptions whose master has changed. Each promise settles when one of them is subscribed there. */
  function follow(ownerOf: OwnerOf): Promise<void>[] {
    const moved: Promise<void>[] = [];
    for (let shard = 0; shard < SHARDS; shard += 1) {
      const address = ownerOf(shards.slot(shard));
      const key = address && `${address.host}:${address.port}`;
      if (key === owners[shard]) continue;
      owners[shard] = key;
      if (address && key && !masters.has(key)) masters.set(key, connect(key, address));
      for (const subscription of subscriptions[shard] ?? []) {
        subscription.end();
        moved.push(attach(subscription, masterOf(shard)));
      }
    }
    return moved;
  }

  /** Drops masters without a shard. The others report what was lost on the way to them. */
  function dropUnused(): void {
    for (const [key, { publisher, subscriber }] of masters) {
      if (owners.includes(key)) continue;
      masters.delete(key);
      owed ||= publisher.owesReport();
      publisher.close();
      subscriber.close();
    }
  }

  function onAnswer(ownerOf: OwnerOf): boolean {
    known = true;
    const moved = follow(ownerOf);
    dropUnused();
    if (moved.length > 0 && started) void Promise.all(moved).then(onReturn);
    for (const { publisher, subscriber } of masters.values()) {
      subscriber.retry();
      if (publisher.connected()) publisher.reportEarlierLoss();
    }
    if (owed) reportLoss();
    return connected();
  }

  /**
   * Reports on every master, on one that is away as soon as it is back: a node that has just come may listen to topics
   * of some masters before it reaches the others, and hears nothing of them.
   */
  function reportLoss(): void {
    owed = masters.size === 0;
    for (const { publisher } of masters.values()) publisher.reportLoss();
  }

  function connected(name?: string): boolean {
    if (name === undefined) return known && owners.every((key) => isUp(masters.get(key ?? '')));
    return isUp(masterOf(shards.of(name)));
  }

  function subscribe(channel: string, shard: number, listener: Listener) {
    const subscription: Subscription = { channel, listener, ready: Promise.resolve(), end: nothing };
    subscriptions[shard]?.add(subscription);
    const ready = known ? attach(subscription, masterOf(shard)) : topology.started.then(() => subscription.ready);
    const unsubscribe = () => {
      subscriptions[shard]?.delete(subscription);
      subscription.end();
      subscription.end = nothing;
    };
    return { ready, unsubscribe };
  }

  return {
    subscribe(name, listener) {
      if (name !== LOST) return subscribe(channelOf(name), shards.of(name), listener);
      // On every shard, because a loss may be reported on any of them.
      const all = subscriptions.map((_, shard) => subscribe(channelOf(LOST, shard), shard, listener));
      return {
        ready: Promise.all(all.map(({ ready }) => ready)).then(nothing),
        unsubscribe() {
          for (const { unsubscribe } of all) unsubscribe();
        },
      };
    },
    async publish(name, payload) {
      if (!known) await topology.started;
      const master = masterOf(shards.of(name));
      if (master) await master.publisher.publish(channelOf(name), payload);
      else owed = true;
    },
    deliver(name, payload) {
      masterOf(shards.of(name))?.subscriber.deliver(channelOf(name), payload);
    },
    greet(name) {
      masterOf(shards.of(name))?.publisher.greet(channelOf(name));
    },
    reportLoss,
    async countNodes() {
      // A node that does not reach one master listens at the others.
      const counts = [...masters.values()].map(({ publisher }) => publisher.countNodes());
      return Math.max(0, ...(await Promise.all(counts)));
    },
    connected,
    async ping() {
      await Promise.any([...masters.values()].map(({ publisher }) => publisher.ping()));
    },
    close() {
      topology.close();
      for (const { publisher, subscriber } of masters.values()) {
        publisher.close();
        subscriber.close();
      }
      masters.clear();
    },
  };
}

function isUp(master: Master | undefined): boolean {
  return master?.publisher.connected() === true && master.subscriber.connected();
}

/** The hash tag of a channel. */
function tagIn(channel: string): string {
  return channel.slice(channel.indexOf('{'), channel.indexOf('}'));
}
