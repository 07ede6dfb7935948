// Requests about channels: what chat/announce.ts announces, told to the connections that it concerns.
import * as z from 'zod';
import { defineNodeRequest } from './node-request.ts';

const channelId = z.int();

export const channelAddedRequest = defineNodeRequest({
  type: 'channel.added',
  data: z.object({
    userIds: z.array(z.int()).readonly(),
    channel: z.object({ id: z.int(), name: z.string(), type: z.enum(['direct', 'group']), ownerId: z.int() }),
  }),
  run({ directFeeds, signals }, { channel, userIds }) {
    const { id, name, type, ownerId } = channel;
    const frame = signals.frame('channel.added', { channel_id: id, name, type, owner_id: ownerId });
    const owners = userIds.flatMap((userId) => [...directFeeds.owners(userId)]);
    for (const owner of owners) owner.outbox.push(frame);
    return owners.length;
  },
});

export const channelUpdatedRequest = defineNodeRequest({
  type: 'channel.updated',
  data: z.object({ channelId, name: z.string() }),
  run: ({ signals }, { channelId: id, name }) => signals.tell(id, 'channel.updated', { channel_id: id, name }),
});

export const channelDeletedRequest = defineNodeRequest({
  type: 'channel.deleted',
  data: z.object({ channelId }),
  run({ feeds, takeOut }, { channelId: id }) {
    const feed = feeds.get(id);
    return feed ? takeOut.all(feed) : 0;
  },
});

export const memberRemovedRequest = defineNodeRequest({
  type: 'member.removed',
  data: z.object({ channelId, userId: z.int() }),
  run: ({ takeOut }, { channelId: id, userId }) => takeOut.user(id, userId),
});

export const adminMessageRequest = defineNodeRequest({
  type: 'admin.message',
  data: z.object({ channelId, message: z.string(), kind: z.string() }),
  run({ signals, clock }, { channelId: id, message, kind }) {
    return signals.tell(id, 'admin.message', { channel_id: id, message, type: kind, timestamp: clock.now() });
  },
});
