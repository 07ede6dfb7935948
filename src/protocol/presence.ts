// Frames about who is live in a channel.
import * as z from 'zod';
import { serverFrame } from './frame.ts';

const user = { channel_id: z.int(), user_id: z.int(), username: z.string() };

/** Another user is live in the channel now, with the first of its connections. */
export const userJoined = serverFrame('channel.join', z.object({ ...user, action: z.literal('join') }));

/** It is not any more. Who was removed from the channel hears it of itself. */
export const userLeft = serverFrame('channel.leave', z.object({ ...user, action: z.literal('leave') }));
