// Before a link is used, the client asks with INFO whether the server has loaded its data.
import type { Redis } from 'ioredis';

/** What a server that is still loading answers to other commands. */
export const LOADING = Object.assign(new Error('LOADING Redis is loading the dataset in memory'), {
  name: 'ReplyError',
});

type Callback = (error: Error | null, text?: unknown) => void;

/**
 * Calls `onLoading` each time the server is still loading. A server that refuses the question is taken as ready, and
 * the client's text about it is not written to the console.
 */
export function watchLoading(client: Redis, onLoading: () => void): void {
  const ask = client.info.bind(client) as () => Promise<unknown>;
  const info = async (callback: Callback): Promise<void> => {
    try {
      const text = await ask();
      if (/^loading:1/m.test(String(text))) onLoading();
      callback(null, text);
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOPERM')) callback(null, '');
      else callback(error as Error);
    }
  };
  Object.assign(client, { info });
}
