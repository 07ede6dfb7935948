// The address that rate limits count a call by if nobody has signed in.
import { clientAddress, trustedForwardedFor } from '../lib/client-address.ts';
import type { HttpContext } from './environment.ts';

export interface AddressDependencies {
  readonly clientAddress: (c: HttpContext) => string;
  readonly trustProxy: boolean;
}

/** Returns the address of the client. Behind a trusted proxy, it is the one that the proxy has seen. */
export type AddressOf = (c: HttpContext) => string;

export function createAddressOf({ clientAddress: peerOf, trustProxy }: AddressDependencies): AddressOf {
  return (c) => clientAddress(() => peerOf(c), trustedForwardedFor(c.req.header('X-Forwarded-For'), trustProxy));
}
