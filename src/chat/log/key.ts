// The key of a log: a channel, a pair of users, or an account. Its text form names feeds, topics and frames.

export type LogKey = ChannelKey | PairKey;

/** What a feed may be of: a log of messages, or of one account. */
export type FeedKey = LogKey | AccountKey;

export interface AccountKey {
  readonly accountId: number;
}

export interface ChannelKey {
  readonly channelId: number;
}

/** `userLow` <= `userHigh`; equal for messages to oneself. */
export interface PairKey {
  readonly userLow: number;
  readonly userHigh: number;
}

export function channelKey(channelId: number): ChannelKey {
  return { channelId };
}

export function pairKey(a: number, b: number): PairKey {
  return a <= b ? { userLow: a, userHigh: b } : { userLow: b, userHigh: a };
}

/** The log that a message belongs to, stored or not. */
export function keyOfMessage(message: {
  readonly senderId: number;
  readonly channelId: number | null;
  readonly receiverId: number | null;
}): LogKey {
  const { senderId, channelId, receiverId } = message;
  return channelId === null ? pairKey(senderId, receiverId as number) : channelKey(channelId);
}

/** The other user of a pair that has `userId` in it; the same user for messages to oneself. */
export function otherOf(pair: PairKey, userId: number): number {
  return pair.userLow === userId ? pair.userHigh : pair.userLow;
}

export function isChannelKey(key: FeedKey): key is ChannelKey {
  return 'channelId' in key;
}

/** The pair whose log has this name. Returns undefined if it is not the name of a pair's log. */
export function pairNamed(name: string): PairKey | undefined {
  const [, low, high] = /^d(\d{1,10})\.(\d{1,10})$/.exec(name) ?? [];
  if (low === undefined || high === undefined) return undefined;
  const key = pairKey(Number(low), Number(high));
  return logName(key) === name ? key : undefined;
}

/** `c7` for channel 7, `d3.9` for users 3 and 9, `a3` for the account of user 3. */
export function logName(key: FeedKey): string {
  if ('accountId' in key) return `a${key.accountId}`;
  return isChannelKey(key) ? `c${key.channelId}` : `d${key.userLow}.${key.userHigh}`;
}
