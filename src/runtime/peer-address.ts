// The address of a request's peer, as each server of a fetch handler hands it over beside the request, and as Node has it.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Context } from 'hono';
import { clientAddress } from '../lib/client-address.ts';

/** The address that the client of a handshake is counted by; behind a trusted proxy the one that the proxy has seen. */
export type AddressOf = (request: IncomingMessage) => string;

export function createAddressOf(trustProxy: boolean): AddressOf {
  return ({ socket, headers }) =>
    clientAddress(socket.remoteAddress ?? '', trustProxy ? headers['x-forwarded-for']?.toString() : null);
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
