// Wires delivery together: from what any node stored or announced to the readers on this node.
import type { Broker } from '../backends/broker/broker.ts';
import type { Clock } from '../backends/clock/clock.ts';
import type { PresenceStore } from '../backends/presence/presence-store.ts';
import type { Announce } from '../chat/announce.ts';
import type { LogEvent } from '../chat/log/event.ts';
import { isChannelKey, type LogKey, logName } from '../chat/log/key.ts';
import type { EventSink } from '../chat/log/log.ts';
import type { LogReads } from '../chat/log/reads.ts';
import type { LastSeen } from '../chat/presence/last-seen.ts';
import type { FindVisible } from '../chat/presence/visible.ts';
import type { Logger } from '../lib/logger.ts';
import { type AccountFeeds, createAccountFeeds } from './accounts/account-feeds.ts';
import { type Cluster, createCluster } from './cluster/cluster.ts';
import { carryOut } from './cluster/node-requests.ts';
import { encodeEvents } from './cluster/publication.ts';
import { createRevokeAccess } from './cluster/revoke-access.ts';
import { channelTopic, userTopic } from './cluster/topics.ts';
import { type AccountCheck, createAccountCheck } from './connections/account-check.ts';
import {
  type ConnectionLimits,
  type ConnectionLimitsOptions,
  createConnectionLimits,
} from './connections/connection-limits.ts';
import { createFlushScheduler, type FlushScheduler } from './connections/flush-scheduler.ts';
import { createHeads, type Heads } from './heads/heads.ts';
import { createHooks, type Hooks } from './hooks.ts';
import { type ChannelFeeds, createChannelFeeds } from './log/channel-feeds.ts';
import { createDirectFeeds, type DirectFeeds } from './log/direct-feeds.ts';
import { createEndReading, type EndReading } from './log/end-reading.ts';
import type { Feed, FeedContext } from './log/feed.ts';
import { type FeedEvent, fromLogEvent } from './log/feed-event.ts';
import { createReconciler, type Reconciler } from './log/reconcile.ts';
import { createPresenceQueries, type PresenceQueries } from './presence/queries.ts';
import { createPresenceTracker, type PresenceTracker } from './presence/tracker.ts';
import { createSignals, type Signals } from './signals/signals.ts';
import { createHints } from './user-presence/hints.ts';
import { createOwnUsers } from './user-presence/own-users.ts';
import { createWatches, type Watches } from './user-presence/watches.ts';

/** The bound of the recent events of all feeds of a node together, in UTF-16 units. */
const RECENT_EVENTS_BUDGET = 64 << 20;

export interface DeliveryDependencies {
  readonly nodeId: string;
  readonly broker: Broker;
  readonly presence: PresenceStore;
  readonly reads: LogReads;
  readonly lastSeen: LastSeen;
  readonly findVisible: FindVisible;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Pick<ConnectionLimitsOptions, 'perUser' | 'perAddress'>;
}

export interface Delivery {
  readonly scheduler: FlushScheduler;
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly signals: Signals;
  readonly tracker: PresenceTracker;
  readonly watches: Watches;
  readonly endReading: EndReading;
  readonly hooks: Hooks;
  readonly heads: Heads;
  readonly accountFeeds: AccountFeeds;
  readonly reconciler: Reconciler;
  readonly accountCheck: AccountCheck;
  readonly connectionLimits: ConnectionLimits;
  /** For append and change: hands events to readers here and publishes them to other nodes. */
  readonly sink: EventSink;
  /** For use cases: sends announcements to all nodes. */
  readonly announce: Announce;
  readonly live: PresenceQueries;
  close(): void;
}

export function createDelivery(deps: DeliveryDependencies): Delivery {
  const { nodeId, broker, presence, reads, lastSeen, findVisible, clock, logger } = deps;
  const scheduler = createFlushScheduler(clock.defer);
  const hooks = createHooks();
  const context: FeedContext = {
    scheduler,
    clock,
    logger,
    budget: { used: 0, max: RECENT_EVENTS_BUDGET },
    readPage: reads.page,
    checkReaders: (feed) => revokeAccess.check(feed),
    handedOut: hooks.event.emit,
  };
  const forLogs = { broker, clock, nodeId, context };
  const feeds = createChannelFeeds({ ...forLogs, onSignal: (feed, signal) => signals.receive(feed, signal) });
  const directFeeds = createDirectFeeds({
    ...forLogs,
    readHeads: reads.pairHeads,
    onSignal: (signal) => signals.receiveForUser(signal),
  });
  const signals = createSignals({ broker, clock, nodeId, feeds, directFeeds });
  const watches = createWatches({ store: presence, findVisible, signals, hooks, clock, logger });
  const hints = createHints({ broker, clock, nodeId, changed: watches.doubt });
  const ownUsers = createOwnUsers({ store: presence, lastSeen, hooks, changed: hints.tell });
  presence.onNodeDeath((userIds, silentMs) => {
    for (const userId of userIds) lastSeen.note(userId, silentMs);
  });
  const tracker = createPresenceTracker({ store: presence, ownUsers, signals });
  const endReading = createEndReading({ tracker, hooks, clock });
  const heads = createHeads({ feeds, hooks, signals, clock, logger, readHeads: reads.newsOfChannels });
  const revokeAccess = createRevokeAccess({ feeds, heads, signals, endReading, hooks, readership: reads.readership });
  const connectionLimits = createConnectionLimits({
    ...deps.limits,
    countEverywhere: (userId) => cluster.ask({ type: 'count.user', userId }),
  });
  const connectionsOf = connectionLimits.ofUser;
  const node = { feeds, directFeeds, signals, tracker, revokeAccess, clock, connectionsOf };
  const cluster: Cluster = createCluster({
    broker,
    presence,
    clock,
    nodeId,
    carryOut: (request) => carryOut(node, request),
  });
  const accountFeeds = createAccountFeeds({ broker, clock, context, hooks, logger, readHeads: reads.accountHeads });
  const reconciler = createReconciler({ accountFeeds, feeds, directFeeds, reads, clock, logger });
  const forgetInterruptions = broker.onInterruption(() => void reconciler.run());

  const sink: EventSink = (events) => {
    for (const { key, accessVersion, feedEvents } of byLog(events)) {
      const name = logName(key);
      const feed = localFeed(key);
      if (feed) feed.receive(feedEvents, accessVersion);
      else for (const event of feedEvents) hooks.event.emit(name, event);
      let payload: string | undefined;
      const encode = () => {
        payload ??= encodeEvents({ origin: nodeId, log: name, accessVersion, events: feedEvents });
        return payload;
      };
      for (const topic of topicsOf(key)) broker.publishToOthers(topic, encode);
    }
  };

  function localFeed(key: LogKey): Feed | undefined {
    return isChannelKey(key) ? feeds.get(key.channelId) : directFeeds.feed(key);
  }

  return {
    scheduler,
    feeds,
    directFeeds,
    signals,
    tracker,
    watches,
    endReading,
    hooks,
    heads,
    accountFeeds,
    reconciler,
    connectionLimits,
    accountCheck: createAccountCheck({ directFeeds, goneUsers: reads.goneUsers, logger }),
    sink,
    announce: async (announcement) => {
      await cluster.ask(announcement);
    },
    live: createPresenceQueries({ presence, cluster, watches }),
    close() {
      forgetInterruptions();
      hints.close();
      cluster.close();
    },
  };
}

function topicsOf(key: LogKey): string[] {
  if (isChannelKey(key)) return [channelTopic(key.channelId)];
  if (key.userLow === key.userHigh) return [userTopic(key.userLow)];
  return [userTopic(key.userLow), userTopic(key.userHigh)];
}

interface LogEvents {
  readonly key: LogKey;
  accessVersion: number;
  readonly feedEvents: FeedEvent[];
}

/** Groups the events of one commit by log. The events of one log stay in order. */
function byLog(events: readonly LogEvent[]): Iterable<LogEvents> {
  const logs = new Map<string, LogEvents>();
  for (const event of events) {
    const name = logName(event.key);
    const known = logs.get(name);
    if (!known) {
      const { key, accessVersion } = event;
      logs.set(name, { key, accessVersion, feedEvents: [fromLogEvent(event)] });
      continue;
    }
    known.accessVersion = Math.max(known.accessVersion, event.accessVersion);
    known.feedEvents.push(fromLogEvent(event));
  }
  return logs.values();
}
