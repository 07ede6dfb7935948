// The address of a request's peer, from Node's sockets and from what servers of fetch handlers pass beside the request.
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Context } from 'hono';
import { clientAddress, trustedForwardedFor } from '../../lib/client-address.ts';

/** The address by which the client of a handshake is counted; behind a trusted proxy, the one that the proxy saw. */
export type AddressOf = (request: IncomingMessage) => string;

/** What must be kept of a handshake to know the address later; null if the socket knows it. */
export type ForwardedOf = (request: IncomingMessage) => string | null;

export function createForwardedOf(trustProxy: boolean): ForwardedOf {
  return ({ headers }) => trustedForwardedFor(headers['x-forwarded-for'], trustProxy);
}

export function createAddressOf(forwardedOf: ForwardedOf): AddressOf {
  return (request) => addressOfSocket(request.socket, forwardedOf(request));
}

/** Call it only if needed: a socket keeps its address once it was asked, which takes a hundred bytes and more. */
export function addressOfSocket(socket: Socket, forwarded: string | null): string {
  return clientAddress(() => socket.remoteAddress ?? '', forwarded);
}

/** What servers pass beside a request: `@hono/node-server`, `Deno.serve` and `Bun.serve` each have their own fields. */
interface Beside {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  readonly remoteAddr?: { readonly hostname?: string };
  requestIP?(request: Request): { readonly address?: string } | null;
}

/** Returns '' if the server passes no address. Then all such requests count as those of one peer. */
export function peerAddress({ env, req }: Context): string {
  const beside = (env ?? {}) as Beside;
  const address =
    beside.incoming?.socket?.remoteAddress ?? beside.remoteAddr?.hostname ?? beside.requestIP?.(req.raw)?.address ?? '';
  return isIP(address) === 0 ? '' : address;
}
