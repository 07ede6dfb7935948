// Cuts links on which nothing comes back any more, so that they are made anew.
import type { Redis } from 'ioredis';

const LOOK_MS = 500;

interface Sight {
  readonly stream: Redis['stream'];
  bytes: number;
  /** Looks since something came. */
  silent: number;
  probing: boolean;
}

/**
 * Looks at the links again and again, with a PING so that a sound one has something to say. One that said nothing for
 * `timeoutMs` is cut, and what waited for its answers fails. Looks are counted, not milliseconds: a process that was
 * too busy to read for a while does not take its own absence for the server's. Returns the end of it.
 */
export function watchLinks(links: () => readonly Redis[], timeoutMs: number): () => void {
  const sights = new WeakMap<Redis, Sight>();
  const patience = Math.ceil(timeoutMs / LOOK_MS);

  function look(link: Redis): void {
    const { status, stream } = link;
    // While it is connecting, the client's own timeout watches.
    if (status !== 'ready' && status !== 'connect') return;
    const last = sights.get(link);
    const sight = last?.stream === stream ? last : { stream, bytes: -1, silent: 0, probing: false };
    sights.set(link, sight);
    sight.silent = sight.bytes === stream.bytesRead ? sight.silent + 1 : 0;
    sight.bytes = stream.bytesRead;
    if (sight.silent >= patience) link.disconnect(true);
    else if (status === 'ready' && !sight.probing) void probe(link, sight);
  }

  async function probe(link: Redis, sight: Sight): Promise<void> {
    sight.probing = true;
    await link.ping().catch(() => {}); // Its absence is what the next looks see.
    sight.probing = false;
  }

  const timer = setInterval(() => {
    for (const link of links()) look(link);
  }, LOOK_MS);
  return () => clearInterval(timer);
}
