// Which connections watch which users, and what they are told: at most one frame a second each, with all who changed.
// Whoever is told of somebody may see them at that moment: it is looked up each time, for thousands in one statement.
import type { Clock } from '../../backends/clock/clock.ts';
import type { PresenceStore } from '../../backends/presence/presence-store.ts';
import type { FindVisible, Seen } from '../../chat/presence/visible.ts';
import type { Logger } from '../../lib/logger.ts';
import { PRESENCE_SPACING_MS, type PresenceStatus, type UserPresence } from '../../protocol/user-presence.ts';
import type { Hooks } from '../hooks.ts';
import type { ReaderOwner } from '../log/reader.ts';
import type { Signals } from '../signals/signals.ts';
import { createReadStatuses } from './read-statuses.ts';
import { createWatchedUsers, type WatchedUser } from './watched-users.ts';

/** How often it is looked who has to be told. Much less than the time between two frames, so that few wait much longer. */
export const WATCHES_TICK_MS = 250;
/** Every user is asked about within this time: so long may a lost hint, or a node that died, go unnoticed. */
const ROUND_MS = 5_000;
/** Pairs that are looked up together: few enough that others need not wait for long. */
const PAIRS_AT_ONCE = 2_000;

/** What one connection watches. */
interface Watch {
  readonly owner: ReaderOwner;
  readonly users: Set<WatchedUser<Watch>>;
  /** Those of them who changed since the connection was told. */
  changed: Set<WatchedUser<Watch>>;
  /** The monotonic time when the connection was told last. */
  toldAt: number;
}

export interface Watches {
  /**
   * The connection watches these users from now on, and no others: those whom its user may see. Returns as what they are
   * there, in their order, or undefined if `isOver` says meanwhile that nobody waits for it. Rejects with UNAVAILABLE.
   */
  watch(
    owner: ReaderOwner,
    userIds: readonly number[],
    isOver: () => boolean,
  ): Promise<ReadonlyMap<number, UserPresence> | undefined>;
  /** As what these users are there now, those whom the asker may see. Rejects with UNAVAILABLE. */
  ask(askerId: number, userIds: readonly number[]): Promise<UserPresence[]>;
  /** These users may have changed. */
  doubt(userIds: readonly number[]): void;
  /** Asks about those who are due, and tells who has to be told. Call it every WATCHES_TICK_MS. Never throws. */
  tick(): void;
}

export function createWatches(deps: {
  readonly store: Pick<PresenceStore, 'statuses'>;
  readonly findVisible: FindVisible;
  readonly signals: Pick<Signals, 'frame'>;
  readonly hooks: Pick<Hooks, 'closed'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
}): Watches {
  const { store, findVisible, signals, hooks, clock, logger } = deps;
  const readStatuses = createReadStatuses(store);
  const watched = createWatchedUsers<Watch>(clock.monotonic, ROUND_MS / WATCHES_TICK_MS);
  const watches = new Map<ReaderOwner, Watch>();
  /** Those who have to be told of somebody. */
  const waiting = new Set<Watch>();
  let isRunning = false;

  hooks.closed.on(end);

  function end(owner: ReaderOwner): void {
    const watch = watches.get(owner);
    if (!watch) return;
    watches.delete(owner);
    waiting.delete(watch);
    for (const user of watch.users) watched.unwatch(watch, user);
    watch.users.clear();
  }

  async function watch(owner: ReaderOwner, userIds: readonly number[], isOver: () => boolean) {
    const visible = await findVisible(owner.user.id, userIds);
    const statuses = await readStatuses([...visible.keys()]);
    if (isOver()) return undefined;
    const made: Watch = { owner, users: new Set(), changed: new Set(), toldAt: clock.monotonic() };
    const shown = new Map<number, UserPresence>();
    for (const [userId, seen] of visible) {
      const user = watched.watch(made, userId, statuses.get(userId), seen.goneForMs);
      made.users.add(user);
      shown.set(userId, shownAs(userId, user.status, seen));
    }
    // After the new one, so that who is in both goes on being watched.
    end(owner);
    if (visible.size > 0) watches.set(owner, made);
    return shown;
  }

  async function ask(askerId: number, userIds: readonly number[]): Promise<UserPresence[]> {
    const visible = await findVisible(askerId, userIds);
    const statuses = await readStatuses([...visible.keys()]);
    return [...visible].map(([userId, seen]) =>
      shownAs(userId, watched.statusOf(userId, statuses.get(userId), seen.goneForMs), seen),
    );
  }

  /** Asks the store about those who are due, and notes who has to be told. */
  async function look(): Promise<void> {
    const due = watched.due();
    if (due.length === 0) return;
    try {
      const statuses = await store.statuses(due);
      for (const user of watched.update(due, statuses)) {
        for (const watch of user.watchers) waiting.add(watch) && watch.changed.add(user);
      }
    } catch (error) {
      watched.doubt(due);
      throw error;
    }
  }

  /** Those who may be told now, up to a number of users to tell them of. */
  function takeDue(): Watch[] {
    const before = clock.monotonic() - PRESENCE_SPACING_MS;
    const due: Watch[] = [];
    let pairs = 0;
    for (const watch of waiting) {
      // A slow reader is told later: what waits for it is never more than its list.
      if (watch.toldAt > before || watch.owner.outbox.lagging) continue;
      due.push(watch);
      waiting.delete(watch);
      pairs += watch.changed.size;
      if (pairs >= PAIRS_AT_ONCE) break;
    }
    return due;
  }

  async function tell(watch: Watch): Promise<void> {
    const { owner, changed } = watch;
    watch.changed = new Set();
    try {
      const ids = [...changed].map(({ userId }) => userId);
      send(watch, changed, await findVisible(owner.user.id, ids));
    } catch (error) {
      if (watches.get(owner) === watch) waiting.add(watch);
      for (const user of changed) watch.changed.add(user);
      throw error;
    }
  }

  function send(watch: Watch, changed: Iterable<WatchedUser<Watch>>, visible: ReadonlyMap<number, Seen>): void {
    if (watches.get(watch.owner) !== watch) return;
    const users: UserPresence[] = [];
    for (const user of changed) {
      const seen = visible.get(user.userId);
      if (seen) users.push(shownAs(user.userId, user.status, seen));
      else unwatch(watch, user);
    }
    if (users.length === 0) return;
    watch.toldAt = clock.monotonic();
    watch.owner.outbox.push(signals.frame('presence.changed', { users }));
  }

  /** The user is hidden from now on. */
  function unwatch(watch: Watch, user: WatchedUser<Watch>): void {
    watch.users.delete(user);
    watch.changed.delete(user);
    watched.unwatch(watch, user);
  }

  async function run(): Promise<void> {
    await look();
    for (let due = takeDue(); due.length > 0; due = takeDue()) {
      const told = await Promise.allSettled(due.map(tell));
      for (const outcome of told) if (outcome.status === 'rejected') throw outcome.reason;
    }
  }

  return {
    watch,
    ask,
    doubt: watched.doubt,
    tick() {
      if (isRunning) return;
      isRunning = true;
      run()
        .catch((error: unknown) => logger.debug({ err: error }, 'Who is there was not told: will try again'))
        .finally(() => {
          isRunning = false;
        });
    },
  };
}

function shownAs(userId: number, status: PresenceStatus, { lastSeenAt }: Seen): UserPresence {
  return { user_id: userId, status, last_seen_at: status === 'offline' ? lastSeenAt : null };
}
