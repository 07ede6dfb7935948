// The address of a request's peer, as each server of a fetch handler hands it over beside the request, and as Node has it.
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { Context } from 'hono';
import { clientAddress, trustedForwardedFor } from '../../lib/client-address.ts';

/** The address that the client of a handshake is counted by; behind a trusted proxy the one that the proxy has seen. */
export type AddressOf = (request: IncomingMessage) => string;

/** What of a handshake has to be kept to know the address later; null where the socket tells. */
export type ForwardedOf = (request: IncomingMessage) => string | null;

export function createForwardedOf(trustProxy: boolean): ForwardedOf {
  return ({ headers }) => trustedForwardedFor(headers['x-forwarded-for'], trustProxy);
}

export function createAddressOf(forwardedOf: ForwardedOf): AddressOf {
  return (request) => addressOfSocket(request.socket, forwardedOf(request));
}

/** A socket that was asked for its address keeps it, in a hundred bytes and more: not to be asked without need. */
export function addressOfSocket(socket: Socket, forwarded: string | null): string {
  return clientAddress(() => socket.remoteAddress ?? '', forwarded);
}

/** What may come with a request: `@hono/node-server`, `Deno.serve` and `Bun.serve` each have their own. */
interface Beside {
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
  readonly remoteAddr?: { readonly hostname?: string };
  requestIP?(request: Request): { readonly address?: string } | null;
}

/** Empty where the server tells none: all such requests then count as of one peer. */
export function peerAddress({ env, req }: Context): string {
  const beside = (env ?? {}) as Beside;
  const address =
    beside.incoming?.socket?.remoteAddress ?? beside.remoteAddr?.hostname ?? beside.requestIP?.(req.raw)?.address ?? '';
  return isIP(address) === 0 ? '' : address;
}
