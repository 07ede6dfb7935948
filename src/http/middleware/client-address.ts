// What signed-out requests are counted by: the address that they come from.
import { clientAddress } from '../../lib/client-address.ts';
import type { HttpContext } from '../environment.ts';

export interface AddressDependencies {
  readonly clientAddress: (c: HttpContext) => string;
  readonly trustProxy: boolean;
}

/** Gives the address of a request; behind a trusted proxy the one that the proxy has seen. */
export type AddressOf = (c: HttpContext) => string;

export function createAddressOf({ clientAddress: peerOf, trustProxy }: AddressDependencies): AddressOf {
  return (c) => clientAddress(() => peerOf(c), trustProxy ? c.req.header('X-Forwarded-For') : null);
}
