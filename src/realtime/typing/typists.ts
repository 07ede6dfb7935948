// Who types by a connection of this node, in which conversation: what is to be told of it, and when.
import type { Cancel, Clock } from '../../backends/clock/clock.ts';
import { limitReached } from '../../protocol/errors.ts';
import { TYPING_LASTS_MS } from '../../protocol/typing.ts';
import type { ReaderOwner } from '../log/reader.ts';

/** Others hear of a user's typing in a conversation this often at most. */
const SPACING_MS = 3_000;
/** Conversations that one connection types in at once. */
const MAX_OF_CONNECTION = 32;
const TOO_MANY = 'Typing in too many conversations at once: stop in one of them first';

export interface Typists {
  /** The connection's user types in the log. `tell` tells the others so for a time in ms. Throws LIMIT_REACHED. */
  start(owner: ReaderOwner, log: string, tell: Tell): void;
  /** By this connection no more. */
  stop(owner: ReaderOwner, log: string): void;
  /** By none of its connections any more. */
  stopUser(userId: number, log: string): void;
  /** The connection is gone. */
  forget(owner: ReaderOwner): void;
  /** Whether others would hear at once if the user started. */
  isDue(userId: number, log: string): boolean;
}

/** 0: the user has stopped. */
export type Tell = (expiresInMs: number) => void;

/** A user in a conversation, until it is too long ago that it typed and that others heard of it. */
interface Typist {
  readonly key: string;
  /** Those by which it types. */
  readonly owners: Set<ReaderOwner>;
  tell: Tell;
  until: number;
  toldAt: number;
  /** The others believe that it types, or did when they last heard. */
  isShown: boolean;
  /** It has gone on since they heard. */
  isPending: boolean;
  cancel: Cancel;
}

export function createTypists({ clock }: { readonly clock: Pick<Clock, 'monotonic' | 'after'> }): Typists {
  const typists = new Map<string, Typist>();
  const ofConnection = new Map<ReaderOwner, Set<Typist>>();

  function start(owner: ReaderOwner, log: string, tell: Tell): void {
    const key = keyOf(owner.user.id, log);
    const mine = ofConnection.get(owner) ?? new Set();
    const typist = typists.get(key) ?? create(key, tell);
    if (!mine.has(typist) && mine.size >= MAX_OF_CONNECTION) throw limitReached('typing', TOO_MANY);
    typists.set(key, typist);
    ofConnection.set(owner, mine.add(typist));
    typist.owners.add(owner);
    typist.tell = tell;
    typist.until = clock.monotonic() + TYPING_LASTS_MS;
    typist.isPending = true;
    look(typist);
  }

  /** Tells what is due, and comes back when there is something to do again. */
  function look(typist: Typist): void {
    typist.cancel();
    const now = clock.monotonic();
    if (now >= typist.until) return end(typist, now);
    if (typist.isPending && now >= typist.toldAt + SPACING_MS) {
      typist.isPending = false;
      typist.isShown = true;
      typist.toldAt = now;
      typist.tell(TYPING_LASTS_MS);
    }
    const next = typist.isPending ? typist.toldAt + SPACING_MS : typist.until;
    typist.cancel = clock.after(next - now, () => look(typist));
  }

  /** It types no more; that others heard of it is kept as long as they may not hear of it again. */
  function end(typist: Typist, now: number): void {
    typist.cancel();
    for (const owner of typist.owners) leave(owner, typist);
    typist.isPending = false;
    typist.isShown = false;
    const left = typist.toldAt + SPACING_MS - now;
    if (left > 0) typist.cancel = clock.after(left, () => typists.delete(typist.key));
    else typists.delete(typist.key);
  }

  function leave(owner: ReaderOwner, typist: Typist): void {
    typist.owners.delete(owner);
    const mine = ofConnection.get(owner);
    if (mine?.delete(typist) && mine.size === 0) ofConnection.delete(owner);
  }

  function stopNow(typist: Typist): void {
    const { isShown, tell } = typist;
    end(typist, clock.monotonic());
    if (isShown) tell(0);
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
      // Asked for each message.
      if (typists.size === 0) return;
      const typist = typists.get(keyOf(userId, log));
      if (typist && typist.owners.size > 0) stopNow(typist);
    },
    forget(owner) {
      for (const typist of [...(ofConnection.get(owner) ?? [])]) stopBy(owner, typist);
    },
    isDue(userId, log) {
      const typist = typists.get(keyOf(userId, log));
      return !typist || clock.monotonic() >= typist.toldAt + SPACING_MS;
    },
  };
}

function create(key: string, tell: Tell): Typist {
  const never = Number.NEGATIVE_INFINITY;
  const nothing = { owners: new Set<ReaderOwner>(), isShown: false, isPending: false, cancel: () => {} };
  return { key, tell, until: never, toldAt: never, ...nothing };
}

function keyOf(userId: number, log: string): string {
  return `${log} ${userId}`;
}
