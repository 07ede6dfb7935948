// Announcements: what use cases tell live connections, beside the events of the log.
import type { Channel, ChannelFields } from '../protocol/channels.ts';

export type Announcement =
  | { readonly type: 'channel.added'; readonly userIds: readonly number[]; readonly channel: Channel }
  | ({ readonly type: 'channel.updated'; readonly channelId: number } & ChannelFields)
  | { readonly type: 'channel.deleted'; readonly channelId: number }
  /** The member was removed or left. Their connections leave the channel at once, on every node. */
  | { readonly type: 'member.removed'; readonly channelId: number; readonly userId: number; readonly username: string }
  | { readonly type: 'admin.message'; readonly channelId: number; readonly message: string; readonly kind: string };

/**
 * Sends an announcement to all nodes. Resolves when every living node has acted on it (no frame of the channel reaches
 * a removed member after that), or after a second if a node does not answer. Never rejects.
 */
export type Announce = (announcement: Announcement) => Promise<void>;
