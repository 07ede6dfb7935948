// The list of all requests from one node to all, and how one is carried out here.
import type { z } from 'zod';
import { decode } from '../../protocol/decode.ts';
import {
  adminMessageRequest,
  channelAddedRequest,
  channelDeletedRequest,
  channelUpdatedRequest,
  memberRemovedRequest,
} from './channel-requests.ts';
import { countConnectionsRequest, countOfUserRequest, disconnectRequest } from './connection-requests.ts';
import type { NodeParts, NodeRequestDefinition } from './node-request.ts';

export const NODE_REQUESTS = [
  channelAddedRequest,
  channelUpdatedRequest,
  channelDeletedRequest,
  memberRemovedRequest,
  adminMessageRequest,
  disconnectRequest,
  countOfUserRequest,
  countConnectionsRequest,
] as const;

type Requested<Definition> = Definition extends { readonly type: infer T; readonly data: infer D extends z.ZodType }
  ? Readonly<{ type: T } & z.output<D>>
  : never;
export type NodeRequest = Requested<(typeof NODE_REQUESTS)[number]>;

const BY_TYPE: ReadonlyMap<unknown, NodeRequestDefinition> = new Map(
  NODE_REQUESTS.map((definition) => [definition.type, definition]),
);

/** Carries out a request of a node, which is untrusted. Returns undefined if it is not understood here. */
export function carryOut(node: NodeParts, request: unknown): number | undefined {
  const definition = isObject(request) ? BY_TYPE.get(request.type) : undefined;
  const decoded = definition && decode(definition.data, request);
  return decoded?.ok ? definition?.run(node, decoded.data) : undefined;
}

function isObject(value: unknown): value is { readonly type?: unknown } {
  return typeof value === 'object' && value !== null;
}
