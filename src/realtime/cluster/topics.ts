// The broker's topics: one for each channel's log, one for each user, one for all nodes and one for each node.

export const channelTopic = (channelId: number): string => `c:${channelId}`;
/** Direct messages reach both users' connections wherever they are, so they go to users, not to pairs. */
export const userTopic = (userId: number): string => `u:${userId}`;
export const ALL_NODES_TOPIC = 'nodes';
/** Says that sessions were ended, not whose: that is in the database. */
export const SESSIONS_TOPIC = 'sessions';
export const nodeTopic = (nodeId: string): string => `node:${nodeId}`;
