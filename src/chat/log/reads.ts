// Bounded reads of logs for the realtime code: lookups made at the same time share a statement, and only a few pages
// are read at once.

import type { Database } from '../../database/database.ts';
import { createBatchLoader } from '../../lib/batch-loader.ts';
import { createSemaphore } from '../../lib/semaphore.ts';
import type { Spacing } from '../../lib/spacing.ts';
import { unavailable } from '../../protocol/errors.ts';
import { type AccountHead, createReadAccountHeads, createReadAccountPage } from '../conversations/account-log.ts';
import type { EmailView } from '../email-view.ts';
import { type FeedKey, isChannelKey, type PairKey } from './key.ts';
import type { LogPage } from './log.ts';
import {
  createReadChannelHeads,
  createReadEntries,
  createReadGoneUsers,
  createReadLog,
  createReadPairEntries,
  createReadPairHeads,
  createReadReadership,
  createReadTime,
  type Entry,
  entryName,
  type LogHead,
  type PairEntry,
  type Readership,
} from './read.ts';
import { type ChannelHead, createReadHeads, type WantedHead } from './read-heads.ts';

const PAGE_MESSAGES = 200;
const PAGES_AT_ONCE = 4;
/** Further requests are refused; their readers try again a second later. */
const MAX_PAGES_WAITING = 20_000;
const PAGE_PATIENCE_MS = 30_000;
const LOOKUPS_AT_ONCE = 1_000;
const USERS_AT_ONCE = 500;

export interface LogReads {
  readonly page: (key: FeedKey, after: number) => Promise<LogPage>;
  readonly entry: (userId: number, channelId: number) => Promise<Entry | undefined>;
  readonly pairEntry: (userId: number, otherId: number) => Promise<PairEntry | undefined>;
  readonly accountHeads: (userIds: readonly number[]) => Promise<AccountHead[]>;
  /** Heads of all direct logs of one user. */
  readonly pairHeads: (userId: number) => Promise<readonly LogHead[]>;
  /** Heads of those direct logs of these users that had an event since a time of the database, minus a margin. */
  readonly recentPairHeads: (userIds: readonly number[], since: string, marginMs: number) => Promise<LogHead[]>;
  /** The time by the database's clock. */
  readonly databaseTime: () => Promise<string>;
  readonly channelHeads: (channelIds: readonly number[]) => Promise<LogHead[]>;
  /** Heads with what happened after a number. */
  readonly newsOfChannels: (wanted: readonly WantedHead[]) => Promise<ChannelHead[]>;
  /** Which of these users have no account any more. */
  readonly goneUsers: (userIds: readonly number[]) => Promise<number[]>;
  readonly readership: (channelId: number, userIds: readonly number[]) => Promise<Readership>;
}

export interface LogReadsDependencies {
  readonly db: Database;
  readonly emails: EmailView;
  /** Creates the spacing between lookups of one kind in a rush; see BatchLoaderOptions. */
  readonly createSpacing?: () => Spacing;
}

export function createLogReads({ createSpacing, ...deps }: LogReadsDependencies): LogReads {
  const semaphore = createSemaphore({
    places: PAGES_AT_ONCE,
    maxWaiting: MAX_PAGES_WAITING,
    maxWaitMs: PAGE_PATIENCE_MS,
    refusal: unavailable,
  });
  const readLog = createReadLog(deps);
  const readAccountPage = createReadAccountPage(deps);
  const readEntries = createReadEntries(deps);
  const readPairEntries = createReadPairEntries(deps);
  const readPairHeads = createReadPairHeads(deps);

  const entries = createBatchLoader<string, Entry>({
    maxBatch: LOOKUPS_AT_ONCE,
    refusal: unavailable,
    spacing: createSpacing?.(),
    load: (names) => readEntries(names.map(toPair).map(([userId, channelId]) => ({ userId, channelId }))),
  });
  const pairEntries = createBatchLoader<string, PairEntry>({
    maxBatch: LOOKUPS_AT_ONCE,
    refusal: unavailable,
    spacing: createSpacing?.(),
    load: (names) => readPairEntries(names.map(toPair).map(([userId, otherId]) => ({ userId, otherId }))),
  });
  const pairHeads = createBatchLoader<number, LogHead[]>({
    maxBatch: USERS_AT_ONCE,
    refusal: unavailable,
    spacing: createSpacing?.(),
    load: async (userIds) => byUser(userIds, await readPairHeads(userIds)),
  });

  return {
    page: (key, after) =>
      semaphore.run(() =>
        'accountId' in key ? readAccountPage(key.accountId, after, PAGE_MESSAGES) : readLog(key, after, PAGE_MESSAGES),
      ),
    accountHeads: createReadAccountHeads(deps),
    entry: (userId, channelId) => entries(entryName(userId, channelId)),
    pairEntry: (userId, otherId) => pairEntries(entryName(userId, otherId)),
    pairHeads: async (userId) => (await pairHeads(userId)) ?? [],
    recentPairHeads: readPairHeads,
    databaseTime: createReadTime(deps),
    channelHeads: createReadChannelHeads(deps),
    newsOfChannels: createReadHeads(deps),
    goneUsers: createReadGoneUsers(deps),
    readership: createReadReadership(deps),
  };
}

function toPair(name: string): [number, number] {
  const [first, second] = name.split(':').map(Number);
  return [first as number, second as number];
}

function byUser(userIds: readonly number[], heads: readonly LogHead[]): Map<number, LogHead[]> {
  const ofUser = new Map<number, LogHead[]>(userIds.map((userId) => [userId, []]));
  for (const head of heads) {
    if (isChannelKey(head.key)) continue;
    const { userLow, userHigh } = head.key as PairKey;
    ofUser.get(userLow)?.push(head);
    if (userHigh !== userLow) ofUser.get(userHigh)?.push(head);
  }
  return ofUser;
}
