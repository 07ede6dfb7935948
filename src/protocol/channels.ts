// Frames about channels: joining and leaving one, and what happens to it. Its messages are in messages.ts.
import * as z from 'zod';
import { id, since } from './fields.ts';
import { ackOf, clientFrame, type SocketIoEvent, serverFrame } from './frame.ts';

/** Returns the id as the client wrote it: clients compare it with their own, which may be a string. */
const withIdAsWritten: SocketIoEvent<object>['body'] = (answer, sent) => {
  const { channel_id } = sent as { channel_id?: unknown };
  return { ...answer, channel_id };
};

/** From now on this connection receives the channel's events. */
export const joinChannel = clientFrame({
  type: 'channel.join',
  data: z.object({ channel_id: id, since }),
  answer: ackOf({ channel_id: z.int(), last_seq: z.int() }),
  socketIo: { event: 'join_channel', answer: 'joined_channel', body: withIdAsWritten },
});

export const leaveChannel = clientFrame({
  type: 'channel.leave',
  data: z.object({ channel_id: id }),
  answer: ackOf({ channel_id: z.int() }),
  socketIo: { event: 'leave_channel', answer: 'left_channel', body: withIdAsWritten },
});

/** The user became a member. */
export const channelAdded = serverFrame(
  'channel.added',
  z.object({ channel_id: z.int(), name: z.string(), type: z.enum(['direct', 'group']), owner_id: z.int() }),
);

export const channelUpdated = serverFrame('channel.updated', z.object({ channel_id: z.int(), name: z.string() }));

export const channelDeleted = serverFrame('channel.deleted', z.object({ channel_id: z.int() }));

/** An admin's message to all users who are live in the channel. `timestamp` in ms. */
export const adminMessage = serverFrame(
  'admin.message',
  z.object({ channel_id: z.int(), message: z.string(), type: z.string(), timestamp: z.int() }),
);
