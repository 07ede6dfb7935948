// A database that answers, and yet does not do what it is for: read-only, full, without a right. Told once in the log when
// it begins, again when it is something else, and when it is over; and for as long as it lasts to whoever asks.
import type { Logger } from '../lib/logger.ts';
import { isBusy, isFatal, isLinkLost, serverText, sqlState } from './errors.ts';

export interface Refusals {
  /** A statement failed. `statement` is its text, which names it: its success later means that the reason is gone. */
  failed(statement: string, error: unknown): void;
  /** A statement succeeded. Costs nothing where nothing is refused. */
  succeeded(statement: string): void;
  /** From now on the log hears of it; before, whoever starts says what is wrong. */
  speak(): void;
  /** Why the database cannot be relied on now, though it answers, in few words and without values; undefined where it can. */
  reason(): string | undefined;
}

interface Kind {
  /** For `/ready`, and in the log. */
  readonly reason: string;
  readonly remedy: string;
  /**
   * It is about connections, of which others may work: whoever asks finds out by a statement of their own, and any that
   * succeeds ends it. Else it is over only with a statement that has failed for this reason.
   */
  readonly ofConnections?: true;
  /** A statement besides, whose success ends it. */
  readonly endedBy?: string;
}

/** Names the question whether the database is what it should be. */
export const CHECK = 'check';

const UNREACHABLE: Kind = {
  reason: 'unreachable',
  remedy: 'is it running, and the way to it open?',
  ofConnections: true,
};
const BUSY: Kind = {
  reason: 'no answer in time',
  remedy: 'look for long statements and locks, for load, and at DB_POOL_MAX',
  ofConnections: true,
};

/** By SQLSTATE, else by its class. What is missing passes by itself, or is a mistake of ours. */
const KINDS: Readonly<Record<string, Kind>> = {
  '25006': {
    reason: 'read-only',
    remedy: 'lead to the primary, or set default_transaction_read_only off: reading goes on, connections are made anew',
    endedBy: CHECK,
  },
  '42501': { reason: 'permission denied', remedy: 'grant the user of this service what it lacks' },
  '53100': { reason: 'disk full', remedy: 'make room on the disk of the server' },
  '53200': { reason: 'out of memory', remedy: 'look at the memory of the server, and at max_locks_per_transaction' },
  '53300': {
    reason: 'too many connections',
    remedy: 'raise max_connections, or lower DB_POOL_MAX or the number of nodes',
    ofConnections: true,
  },
  '53': { reason: 'out of resources', remedy: 'look at the limits of the server' },
  '58': { reason: 'the server cannot use its files', remedy: 'look at its disk, and in its log' },
  '57014': BUSY,
  '57P04': { reason: 'the database was dropped', remedy: 'restore it', ofConnections: true },
  '57': {
    reason: 'starting, stopping or in recovery',
    remedy: 'it is tried again until the server takes connections',
    ofConnections: true,
  },
  '28': { reason: 'the user is refused', remedy: 'check user and password, and pg_hba.conf', ofConnections: true },
  '3D': { reason: 'there is no such database', remedy: 'check its name', ofConnections: true },
  // What poolers say that know no better code.
  '08': { reason: 'connections are refused', remedy: 'look at the pooler before the server', ofConnections: true },
};

/** Since the last failure, before a success counts as the end: while some succeed and some fail, nothing has changed. */
const QUIET_MS = 5_000;
/** Since the last failure, before it may be tried again: somebody has to find out whether it is over. */
const DOUBT_MS = 15_000;
/** Different objects without a right: each has its line, up to here. */
const MAX_ACTIVE = 20;
const MAX_STATEMENTS = 20;

interface Active {
  readonly kind: Kind;
  readonly statements: Set<string>;
  lastAt: number;
}

export function createRefusals(logger?: Logger): Refusals {
  const active = new Map<string, Active>();
  let speaks = false;

  function begin(name: string, kind: Kind, error: unknown): Active | undefined {
    if (!speaks || active.size >= MAX_ACTIVE) return undefined;
    const begun = { kind, statements: new Set(kind.endedBy && [kind.endedBy]), lastAt: 0 };
    active.set(name, begun);
    const { reason, remedy } = kind;
    logger?.error(
      { reason, said: serverText(error) },
      `the database cannot be used as it should be: ${reason}: ${remedy}`,
    );
    return begun;
  }

  return {
    failed(statement, error) {
      const kind = kindOf(error);
      if (!kind) return;
      const name = kind === KINDS['42501'] ? `${kind.reason} ${serverText(error)}` : kind.reason;
      const known = active.get(name) ?? begin(name, kind, error);
      if (!known) return;
      known.lastAt = performance.now();
      if (known.statements.size < MAX_STATEMENTS) known.statements.add(statement);
    },
    succeeded(statement) {
      if (active.size === 0) return;
      const before = performance.now() - QUIET_MS;
      for (const [name, { kind, statements, lastAt }] of active) {
        if (lastAt > before || !(kind.ofConnections || statements.has(statement))) continue;
        active.delete(name);
        logger?.info({ reason: kind.reason }, `the database works again: it is over (${kind.reason})`);
      }
    },
    speak() {
      speaks = true;
    },
    reason() {
      const before = performance.now() - DOUBT_MS;
      const lasting = [...active.values()].filter(({ kind, lastAt }) => !kind.ofConnections && lastAt > before);
      const reasons = lasting.map(({ kind }) => kind.reason);
      return reasons.length === 0 ? undefined : [...new Set(reasons)].join(', ');
    },
  };
}

/** Why a statement failed, in few words; undefined where it is no matter of the database as a whole. */
export function refusalReason(error: unknown): string | undefined {
  return kindOf(error)?.reason;
}

function kindOf(error: unknown): Kind | undefined {
  const state = sqlState(error);
  if (state !== undefined) {
    return KINDS[state] ?? KINDS[state.slice(0, 2)] ?? (isFatal(error) ? KINDS['08'] : undefined);
  }
  if (isBusy(error)) return BUSY;
  return isLinkLost(error) ? UNREACHABLE : undefined;
}
