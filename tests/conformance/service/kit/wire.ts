// What clients get from the service, written down once more from the client's side.
import { expect } from 'vitest';

export interface User {
  id: number;
  username: string;
  email: string;
  avatar: string | null;
  createdAt: string;
}

export interface Channel {
  id: number;
  name: string;
  type: 'direct' | 'group';
  ownerId: number;
  createdAt: string;
}

export interface ChannelDetail extends Channel {
  members: (User & { joinedAt: string })[];
}

export interface ChannelList {
  direct: (Channel & { avatar: string | null })[];
  group: Channel[];
}

export interface Message {
  id: number;
  seq: number;
  updatedSeq: number;
  type: string;
  senderId: number;
  senderName: string;
  senderAvatar: string | null;
  text: string | null;
  url: string | null;
  fileName: string | null;
  createdAt: string;
  updatedAt: string;
  channelId: number | null;
  receiverId: number | null;
  clientId: string | null;
}

export interface Conversation {
  channelId: number | null;
  userId: number | null;
  lastSeq: number;
  lastEventAt: string | null;
}

export interface Session {
  user: User;
  token: string;
}

export interface Stats {
  connectedUsers: number;
  connections: number;
  totalChannels: number;
  channelMembers: { channelId: number; memberCount: number }[];
  nodes: number;
}

/** Matches an ISO 8601 UTC time. */
export const isoTime = () => expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const anInteger = () => expect.toSatisfy(Number.isInteger);
