// Which users type on connections of this node, and when the others are notified.
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import { limitReached } from '../../protocol/errors.ts';
import { TYPING_LASTS_MS } from '../../protocol/typing.ts';
import type { ReaderOwner } from '../log/reader.ts';

/** The shortest time between two notifications that a user types in a conversation. */
const SPACING_MS = 3_000;
/** The most conversations in which one connection types at once. */
const MAX_OF_CONNECTION = 32;
const TOO_MANY = 'Typing in too many conversations at once: stop in one of them first';

export interface Typists {
  /** The connection's user types in the log. `notify` tells the others. Throws LIMIT_REACHED. */
  start(owner: ReaderOwner, log: string, notify: Notify): void;
  /** The user stopped on this connection. */
  stop(owner: ReaderOwner, log: string): void;
  /** The user stopped on all connections. */
  stopUser(userId: number, log: string): void;
  /** The connection is gone. */
  forget(owner: ReaderOwner): void;
  /** Whether the others would be notified at once if the user started. */
  isDue(userId: number, log: string): boolean;
}

/** Tells the others that the user types, for a time in ms, or with 0 that it has stopped. */
export type Notify = (expiresInMs: number) => void;

/** A user in a conversation. Kept while the user types, and until the others may be notified again. */
interface Typist {
  readonly key: string;
  /** The connections on which the user types. */
  readonly owners: Set<ReaderOwner>;
  notify: Notify;
  until: number;
  notifiedAt: number;
  /** The last notification said that the user types. */
  isShown: boolean;
  /** The user has gone on since the last notification. */
  isPending: boolean;
  cancel: Cancel;
}

export function createTypists({ clock }: { readonly clock: Pick<Clock, 'monotonic' | 'after'> }): Typists {
  const typists = new Map<string, Typist>();
  const ofConnection = new Map<ReaderOwner, Set<Typist>>();

  function start(owner: ReaderOwner, log: string, notify: Notify): void {
    const key = keyOf(owner.user.id, log);
    const mine = ofConnection.get(owner) ?? new Set();
    const typist = typists.get(key) ?? create(key, notify);
    if (!mine.has(typist) && mine.size >= MAX_OF_CONNECTION) throw limitReached('typing', TOO_MANY);
    typists.set(key, typist);
    ofConnection.set(owner, mine.add(typist));
    typist.owners.add(owner);
    typist.notify = notify;
    typist.until = clock.monotonic() + TYPING_LASTS_MS;
    typist.isPending = true;
    update(typist);
  }

  /** Sends the notification that is due, and sets the timer for the next step. */
  function update(typist: Typist): void {
    typist.cancel();
    const now = clock.monotonic();
    if (now >= typist.until) return end(typist, now);
    if (typist.isPending && now >= typist.notifiedAt + SPACING_MS) {
      typist.isPending = false;
      typist.isShown = true;
      typist.notifiedAt = now;
      typist.notify(TYPING_LASTS_MS);
    }
    const next = typist.isPending ? typist.notifiedAt + SPACING_MS : typist.until;
    typist.cancel = clock.after(next - now, () => update(typist));
  }

  /** The user stopped. The time of the last notification is kept until the next one is allowed. */
  function end(typist: Typist, now: number): void {
    typist.cancel();
    for (const owner of typist.owners) leave(owner, typist);
    typist.isPending = false;
    typist.isShown = false;
    const left = typist.notifiedAt + SPACING_MS - now;
    if (left > 0) typist.cancel = clock.after(left, () => typists.delete(typist.key));
    else typists.delete(typist.key);
  }

  function leave(owner: ReaderOwner, typist: Typist): void {
    typist.owners.delete(owner);
    const mine = ofConnection.get(owner);
    if (mine?.delete(typist) && mine.size === 0) ofConnection.delete(owner);
  }

  function stopNow(typist: Typist): void {
    const { isShown, notify } = typist;
    end(typist, clock.monotonic());
    if (isShown) notify(0);
  }

  function stopBy(owner: ReaderOwner, typist: Typist | undefined): void {
    if (!typist?.owners.has(owner)) return;
    leave(owner, typist);
    if (typist.owners.size === 0) stopNow(typist);
  }

  return {
    start,
    stop: (owner, log) => stopBy(owner, typists.get(keyOf(owner.user.id, log))),
    stopUser(userId, log) {
      // Fast path: this runs for each message.
      if (typists.size === 0) return;
      const typist = typists.get(keyOf(userId, log));
      if (typist && typist.owners.size > 0) stopNow(typist);
    },
    forget(owner) {
      for (const typist of [...(ofConnection.get(owner) ?? [])]) stopBy(owner, typist);
    },
    isDue(userId, log) {
      const typist = typists.get(keyOf(userId, log));
      return !typist || clock.monotonic() >= typist.notifiedAt + SPACING_MS;
    },
  };
}

function create(key: string, notify: Notify): Typist {
  const never = Number.NEGATIVE_INFINITY;
  const nothing = { owners: new Set<ReaderOwner>(), isShown: false, isPending: false, cancel: () => {} };
  return { key, notify, until: never, notifiedAt: never, ...nothing };
}

function keyOf(userId: number, log: string): string {
  return `${log} ${userId}`;
}
