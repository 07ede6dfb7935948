// What one node may ask of all, and how what came over the bus is told from what only looks like it.
import type { AnnouncedChannel, Announcement } from '../../chat/announce.ts';

export type Command =
  | Announcement
  | { readonly type: 'disconnect'; readonly userId: number }
  | { readonly type: 'count.connections' }
  | { readonly type: 'count.user'; readonly userId: number };

type Fields = Readonly<Record<string, unknown>>;

/** Whether the fields that this version reads are what it takes them for; others are passed over. */
const IS_WHOLE: { readonly [T in Command['type']]: (fields: Fields) => boolean } = {
  'channel.added': ({ channel, userIds }) => isChannel(channel) && Array.isArray(userIds) && userIds.every(isId),
  'channel.updated': ({ channelId, name }) => isId(channelId) && typeof name === 'string',
  'channel.deleted': ({ channelId }) => isId(channelId),
  'member.removed': ({ channelId, userId }) => isId(channelId) && isId(userId),
  'admin.message': ({ channelId, message, kind }) =>
    isId(channelId) && typeof message === 'string' && typeof kind === 'string',
  disconnect: ({ userId }) => isId(userId),
  'count.connections': () => true,
  'count.user': ({ userId }) => isId(userId),
};

/** Undefined for a command that this version does not know, and for one that is garbled. It may be anything. */
export function decodeCommand(value: unknown): Command | undefined {
  if (!isObject(value) || typeof value.type !== 'string' || !Object.hasOwn(IS_WHOLE, value.type)) return undefined;
  return IS_WHOLE[value.type as Command['type']](value) ? (value as Command) : undefined;
}

function isChannel(value: unknown): value is AnnouncedChannel {
  if (!isObject(value)) return false;
  const { id, name, type, ownerId } = value;
  return isId(id) && typeof name === 'string' && (type === 'direct' || type === 'group') && isId(ownerId);
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
