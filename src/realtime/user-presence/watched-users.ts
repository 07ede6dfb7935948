// The users whom somebody on this node watches, and as what they are shown: as the presence store says, but for those who
// are gone. They are shown as before for 15 s, because most of them come back.
import { OFFLINE_AFTER_MS, type PresenceStatus } from '../../protocol/user-presence.ts';

export interface WatchedUser<Watcher> {
  readonly userId: number;
  readonly watchers: Set<Watcher>;
  /** As what the user is shown. */
  status: PresenceStatus;
  /** The monotonic time from which a user who is gone is shown as offline. Undefined for all others. */
  offlineAt: number | undefined;
}

export interface WatchedUsers<Watcher> {
  /**
   * Adds a watcher of a user. `said` is what the store just said, and undefined if the user is connected nowhere, since
   * `goneForMs` (null if that is not known). Returns the user, with the status to show.
   */
  watch(
    watcher: Watcher,
    userId: number,
    said: PresenceStatus | undefined,
    goneForMs: number | null,
  ): WatchedUser<Watcher>;
  /** As what to show a user whom nobody needs to watch for it; the arguments are those of `watch`. */
  statusOf(userId: number, said: PresenceStatus | undefined, goneForMs: number | null): PresenceStatus;
  unwatch(watcher: Watcher, user: WatchedUser<Watcher>): void;
  /** These users may have changed: ask the store about them. */
  doubt(userIds: Iterable<number>): void;
  /**
   * The users about whom to ask the store now: those in doubt, those who are about to become offline, and the next of all
   * others, because hints may be lost and nodes may die. If the store does not answer, they are in doubt.
   */
  due(): number[];
  /** Takes what the store said about these users. Returns those who are shown as something else now. */
  update(userIds: readonly number[], said: ReadonlyMap<number, PresenceStatus>): Array<WatchedUser<Watcher>>;
}

/** With this many calls of `due`, every user is due once. */
export function createWatchedUsers<Watcher>(monotonic: () => number, round: number): WatchedUsers<Watcher> {
  const users = new Map<number, WatchedUser<Watcher>>();
  const doubtful = new Set<number>();
  const leaving = new Set<WatchedUser<Watcher>>();
  let rest = users.keys();

  function add(userId: number, goneForMs: number | null): WatchedUser<Watcher> {
    const justGone = isJustGone(goneForMs);
    const user: WatchedUser<Watcher> = {
      userId,
      watchers: new Set(),
      status: justGone ? 'online' : 'offline',
      offlineAt: justGone ? monotonic() + OFFLINE_AFTER_MS - Math.max(0, goneForMs) : undefined,
    };
    users.set(userId, user);
    if (justGone) leaving.add(user);
    return user;
  }

  /** Returns whether the user is shown as something else now. */
  function apply(user: WatchedUser<Watcher>, said: PresenceStatus | undefined): boolean {
    const before = user.status;
    if (said !== undefined) {
      user.status = said;
      stay(user);
    } else if (user.status !== 'offline') {
      user.offlineAt ??= monotonic() + OFFLINE_AFTER_MS;
      leaving.add(user);
      if (user.offlineAt <= monotonic()) {
        user.status = 'offline';
        stay(user);
      }
    }
    return user.status !== before;
  }

  function stay(user: WatchedUser<Watcher>): void {
    user.offlineAt = undefined;
    leaving.delete(user);
  }

  function nextInRound(): number[] {
    const next: number[] = [];
    const count = Math.ceil(users.size / round);
    while (next.length < count) {
      const { value, done } = rest.next();
      if (done) rest = users.keys();
      else next.push(value);
    }
    return next;
  }

  return {
    watch(watcher, userId, said, goneForMs) {
      const user = users.get(userId) ?? add(userId, goneForMs);
      const hadWatchers = user.watchers.size > 0;
      user.watchers.add(watcher);
      // A change of who was watched before is left to the next question, which tells all watchers of it.
      if (!hadWatchers) apply(user, said);
      doubtful.add(userId);
      return user;
    },
    statusOf: (userId, said, goneForMs) =>
      users.get(userId)?.status ?? said ?? (isJustGone(goneForMs) ? 'online' : 'offline'),
    unwatch(watcher, user) {
      user.watchers.delete(watcher);
      if (user.watchers.size > 0) return;
      users.delete(user.userId);
      doubtful.delete(user.userId);
      leaving.delete(user);
    },
    doubt(userIds) {
      for (const userId of userIds) if (users.has(userId)) doubtful.add(userId);
    },
    due() {
      const now = monotonic();
      const late = [...leaving].filter(({ offlineAt }) => offlineAt !== undefined && offlineAt <= now);
      const due = new Set([...doubtful, ...late.map(({ userId }) => userId), ...nextInRound()]);
      doubtful.clear();
      return [...due];
    },
    update(userIds, said) {
      const changed: Array<WatchedUser<Watcher>> = [];
      for (const userId of userIds) {
        const user = users.get(userId);
        if (user && apply(user, said.get(userId))) changed.push(user);
      }
      return changed;
    },
  };
}

function isJustGone(goneForMs: number | null): goneForMs is number {
  return goneForMs !== null && goneForMs < OFFLINE_AFTER_MS;
}
