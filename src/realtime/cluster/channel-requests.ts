// Requests about channels: send the announcements of chat/announce.ts to the connections that they concern.
import * as z from 'zod';
import {
  channelAddedData,
  channelUpdatedData,
  publishedChannelSchema,
  publishedFieldsSchema,
} from '../../protocol/channels.ts';
import { defineNodeRequest } from './node-request.ts';

const channelId = z.int();

export const channelAddedRequest = defineNodeRequest({
  type: 'channel.added',
  data: z.object({
    userIds: z.array(z.int()).readonly(),
    channel: publishedChannelSchema,
  }),
  run({ directFeeds, signals }, { channel, userIds }) {
    const frame = signals.frame('channel.added', channelAddedData(channel));
    const owners = userIds.flatMap((userId) => [...directFeeds.owners(userId)]);
    for (const owner of owners) owner.outbox.push(frame);
    return owners.length;
  },
});

export const channelUpdatedRequest = defineNodeRequest({
  type: 'channel.updated',
  data: publishedFieldsSchema.extend({ channelId }),
  run: ({ signals }, { channelId: id, ...fields }) =>
    signals.send(id, 'channel.updated', channelUpdatedData(id, fields)),
});

export const channelDeletedRequest = defineNodeRequest({
  type: 'channel.deleted',
  data: z.object({ channelId }),
  run({ feeds, revokeAccess }, { channelId: id }) {
    const feed = feeds.get(id);
    return feed ? revokeAccess.all(feed) : 0;
  },
});

export const memberRemovedRequest = defineNodeRequest({
  type: 'member.removed',
  data: z.object({ channelId, userId: z.int() }),
  run: ({ revokeAccess }, { channelId: id, userId }) => revokeAccess.user(id, userId),
});

export const adminMessageRequest = defineNodeRequest({
  type: 'admin.message',
  data: z.object({ channelId, message: z.string(), kind: z.string() }),
  run({ signals, clock }, { channelId: id, message, kind }) {
    return signals.send(id, 'admin.message', { channel_id: id, message, type: kind, timestamp: clock.now() });
  },
});
