// The address that a call is counted by while nobody has signed in.
import { clientAddress, trustedForwardedFor } from '../lib/client-address.ts';
import type { HttpContext } from './environment.ts';

export interface AddressDependencies {
  readonly clientAddress: (c: HttpContext) => string;
  readonly trustProxy: boolean;
}

/** Gives the address of a request; behind a trusted proxy the one that the proxy has seen. */
export type AddressOf = (c: HttpContext) => string;

export function createAddressOf({ clientAddress: peerOf, trustProxy }: AddressDependencies): AddressOf {
  return (c) => clientAddress(() => peerOf(c), trustedForwardedFor(c.req.header('X-Forwarded-For'), trustProxy));
}
