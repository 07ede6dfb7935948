// A database that answers but does not do its work: read-only, full, without a right. The kinds are told apart by what
// it says.

import type { Logger } from '../lib/logger.ts';
import { createRefusals as createLog, type RefusalKind, type Refusals as RefusalLog } from '../lib/refusals.ts';
import { isBusy, isFatal, isLinkLost, serverText, sqlState } from './errors.ts';

/** `what` is the text of a statement, or CHECK. */
export type Refusals = RefusalLog<RefusalKind>;

/** The name of the check whether the database is as it should be. */
export const CHECK = 'check';

const UNREACHABLE: RefusalKind = {
  reason: 'unreachable',
  remedy: 'is it running, and the way to it open?',
  ofConnections: true,
};
const BUSY: RefusalKind = {
  reason: 'no answer in time',
  remedy: 'look for long statements and locks, for load, and at DB_POOL_MAX',
  ofConnections: true,
};

/** By SQLSTATE, or by its class. What is not listed passes by itself, or is a mistake of ours. */
const KINDS: Readonly<Record<string, RefusalKind>> = {
  '25006': {
    reason: 'read-only',
    remedy: 'lead to the primary, or set default_transaction_read_only off: reading goes on, connections are made anew',
    endedBy: CHECK,
  },
  '42501': { reason: 'permission denied', remedy: 'grant the user of this service what it lacks', ofObjects: true },
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
  // From poolers that have no better code.
  '08': { reason: 'connections are refused', remedy: 'look at the pooler before the server', ofConnections: true },
};

export function createRefusals(logger?: Logger): Refusals {
  return createLog({ server: 'the database', kindOf, textOf: serverText, ...(logger && { logger }) });
}

/** Undefined if a failure is not about the database as a whole. */
export function kindOf(error: unknown): RefusalKind | undefined {
  const state = sqlState(error);
  if (state !== undefined) {
    return KINDS[state] ?? KINDS[state.slice(0, 2)] ?? (isFatal(error) ? KINDS['08'] : undefined);
  }
  if (isBusy(error)) return BUSY;
  return isLinkLost(error) ? UNREACHABLE : undefined;
}
