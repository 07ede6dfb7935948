// Requests about the connections of users.
import * as z from 'zod';
import { CLOSE } from '../../protocol/close-codes.ts';
import { defineNodeRequest } from './node-request.ts';

const user = z.object({ userId: z.int() });

/** Closes all connections of a user. */
export const disconnectRequest = defineNodeRequest({
  type: 'disconnect',
  data: user,
  run({ directFeeds }, { userId }) {
    const owners = [...directFeeds.owners(userId)];
    for (const owner of owners) owner.close(CLOSE.DISCONNECTED, 'Disconnected by an administrator');
    return owners.length;
  },
});

/** How many connections a user has. */
export const countOfUserRequest = defineNodeRequest({
  type: 'count.user',
  data: user,
  run: ({ connectionsOf }, { userId }) => connectionsOf(userId),
});

/** How many connections there are. */
export const countConnectionsRequest = defineNodeRequest({
  type: 'count.connections',
  data: z.looseObject({}),
  run: ({ tracker }) => tracker.connections(),
});
