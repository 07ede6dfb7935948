// The broker's topics: one for each channel, each user and each node, one for all nodes, one for ended
// sessions and one for users who come and go.

export const channelTopic = (channelId: number): string => `c:${channelId}`;
/** Says only that the account log of the user moved. */
export const accountTopic = (userId: number): string => `a:${userId}`;
/** Direct messages go to the topics of both users, not of the pair, to reach their connections on any node. */
export const userTopic = (userId: number): string => `u:${userId}`;
/** The user of such a topic, which also names a user in a signal; undefined if it names something else. */
export function userNamed(topic: string): number | undefined {
  const [, id] = /^u:([1-9]\d{0,9})$/.exec(topic) ?? [];
  return id === undefined ? undefined : Number(id);
}
export const ALL_NODES_TOPIC = 'nodes';
/** Says which users came, went or changed; the presence store says as what they are there. */
export const PRESENCE_TOPIC = 'presence';
/** Says only that sessions were ended; the database says which. */
export const SESSIONS_TOPIC = 'sessions';
export const nodeTopic = (nodeId: string): string => `node:${nodeId}`;
