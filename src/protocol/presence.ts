// Frames about who is live in a channel.
import * as z from 'zod';
import { serverFrame } from './frame.ts';

const user = { channel_id: z.int(), user_id: z.int(), username: z.string() };

/** The first connection of another user joined the channel. */
export const userJoined = serverFrame('channel.join', z.object({ ...user, action: z.literal('join') }));

/** The last connection of a user left the channel. A user who was removed from it gets this about itself. */
export const userLeft = serverFrame('channel.leave', z.object({ ...user, action: z.literal('leave') }));
