// What signed-out requests are counted by: the address that they come from.
import type { HttpContext } from '../environment.ts';

const ADDRESS = /^[\da-f.:]{2,45}$/i;

export interface AddressDependencies {
  readonly clientAddress: (c: HttpContext) => string;
  readonly trustProxy: boolean;
}

/**
 * Gives a limiter's key: the peer's address; behind a trusted proxy the last one in `X-Forwarded-For`, that which the
 * proxy itself has seen. Those before it are what the client claims, and would let it choose what it is counted by.
 */
export function createAddressKey({ clientAddress, trustProxy }: AddressDependencies): (c: HttpContext) => string {
  function forwarded(c: HttpContext): string | undefined {
    const last = c.req.header('X-Forwarded-For')?.split(',').at(-1)?.trim();
    return last !== undefined && ADDRESS.test(last) ? last : undefined;
  }

  return (c) => `address:${(trustProxy ? forwarded(c) : undefined) ?? clientAddress(c)}`;
}
