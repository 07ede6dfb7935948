// The definition of a request from one node to all, and what it may use.
import type { z } from 'zod';
import type { Clock } from '../../backends/clock/clock.ts';
import type { ChannelFeeds } from '../log/channel-feeds.ts';
import type { DirectFeeds } from '../log/direct-feeds.ts';
import type { PresenceTracker } from '../presence/tracker.ts';
import type { Signals } from '../signals/signals.ts';
import type { RevokeAccess } from './revoke-access.ts';

/** The parts of a node that requests use. */
export interface NodeParts {
  readonly feeds: ChannelFeeds;
  readonly directFeeds: DirectFeeds;
  readonly signals: Signals;
  readonly tracker: PresenceTracker;
  readonly revokeAccess: RevokeAccess;
  readonly clock: Clock;
  /** The number of connections of one user on this node, including those that are being set up. */
  readonly connectionsOf: (userId: number) => number;
}

/**
 * A request is one JSON object with its type and its data. A node does nothing if it does not know the type, or if the
 * data does not fit its schema.
 */
export interface NodeRequestDefinition<T extends string = string, D extends z.ZodObject = z.ZodObject> {
  readonly type: T;
  readonly data: D;
  /** Carries it out on this node. Returns how many connections it touched or counted. The asker gets the sum. */
  run(node: NodeParts, data: z.output<D>): number;
}

export function defineNodeRequest<const T extends string, D extends z.ZodObject>(
  definition: NodeRequestDefinition<T, D>,
): NodeRequestDefinition<T, D> {
  return definition;
}
