// What one node may ask of all: the definition of a request, and what it may use.
import type { z } from 'zod';
import type { Clock } from '../../backends/clock/clock.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { Signals } from '../signals/signals.ts';
import type { TakeOut } from './take-out.ts';

/** What requests are carried out with. */
export interface NodeParts {
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly signals: Signals;
  readonly tracker: PresenceTracker;
  readonly takeOut: TakeOut;
  readonly clock: Clock;
  /** Connections of one user on this node, those that are being made included. */
  readonly connectionsOf: (userId: number) => number;
}

/**
 * A request is JSON: its type and its data side by side. A node that does not know the type, or whose schema does not take
 * the data, does nothing.
 */
export interface NodeRequestDefinition<T extends string = string, D extends z.ZodObject = z.ZodObject> {
  readonly type: T;
  readonly data: D;
  /** Carries it out on this node. Gives how many connections it touched or counted, which the asker gets the sum of. */
  run(node: NodeParts, data: z.output<D>): number;
}

export function defineNodeRequest<const T extends string, D extends z.ZodObject>(
  definition: NodeRequestDefinition<T, D>,
): NodeRequestDefinition<T, D> {
  return definition;
}
