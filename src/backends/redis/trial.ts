// Tries now and then whether a link could do its work, because also a node that nobody talks on must know that it could not.
import type { Redis } from 'ioredis';

/** How many looks at a link, two of which happen each second, make a trial. */
const TRIED_EVERY = 6;

interface TrialOptions {
  readonly client: Redis;
  /** The channel to try on; undefined while there is none. */
  readonly channel: () => string | undefined;
  /** Does what the link is for. Rejects if the server refuses it or is away. */
  readonly tryOut: (channel: string) => Promise<void>;
  /** True if the server's last answer was a refusal: then each look is a trial. */
  readonly isRefused: () => boolean;
}

export function createTrial({ client, channel, tryOut, isRefused }: TrialOptions) {
  let looks = 0;

  /** A trial, or a ping while there is no channel for it. */
  function tryNow(): Promise<unknown> {
    const tried = channel();
    return tried === undefined ? client.ping() : tryOut(tried);
  }

  return {
    /** A ping, or a trial. */
    look(): Promise<unknown> {
      looks += 1;
      return isRefused() || looks % TRIED_EVERY === 0 ? tryNow() : client.ping();
    },
    tryNow,
  };
}
