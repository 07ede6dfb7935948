// Cuts links on which nothing arrives any more, so that they are made anew.
import type { Redis } from 'ioredis';

const LOOK_MS = 500;

interface Sight {
  readonly stream: Redis['stream'];
  bytes: number;
  /** Looks since something arrived. */
  silent: number;
  probing: boolean;
}

export interface WatchedLinks {
  readonly links: () => readonly Redis[];
  /** A link that was silent for this time is cut, and what waits for its answers fails. */
  readonly timeoutMs: number;
  /** Sent so that a sound link has something to answer. PING unless given. May reject. */
  readonly probe?: ((link: Redis) => Promise<unknown>) | undefined;
  /** Called at each look at a link that is up. */
  readonly onReady: () => void;
}

/** Looks at these links regularly. The returned function ends that. */
type WatchLinks = (watched: WatchedLinks) => () => void;

/**
 * All links are looked at in the same moment, so that an idle process wakes up twice a second and not for each link.
 */
export function createLinkWatch(): WatchLinks {
  const looks = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;

  function end(look: () => void): void {
    looks.delete(look);
    if (looks.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  return (watched) => {
    const lookAt = createLook(watched);
    const look = () => {
      for (const link of watched.links()) lookAt(link);
    };
    looks.add(look);
    timer ??= setInterval(() => {
      for (const each of looks) each();
    }, LOOK_MS);
    return () => end(look);
  };
}

/**
 * Counts looks, not milliseconds: a process that was too busy to read for a while must not take its own absence for the
 * server's.
 */
function createLook({ timeoutMs, probe = (link) => link.ping(), onReady }: WatchedLinks): (link: Redis) => void {
  const sights = new WeakMap<Redis, Sight>();
  const patience = Math.ceil(timeoutMs / LOOK_MS);

  async function ask(link: Redis, sight: Sight): Promise<void> {
    sight.probing = true;
    await probe(link).catch(() => {}); // If it fails, the next looks see that.
    sight.probing = false;
  }

  return (link) => {
    const { status, stream } = link;
    // While the link is connecting, the client's own timeout watches.
    if (status !== 'ready' && status !== 'connect') return;
    const last = sights.get(link);
    const sight = last?.stream === stream ? last : { stream, bytes: -1, silent: 0, probing: false };
    sights.set(link, sight);
    sight.silent = sight.bytes === stream.bytesRead ? sight.silent + 1 : 0;
    sight.bytes = stream.bytesRead;
    if (sight.silent >= patience) link.disconnect(true);
    else if (status === 'ready') {
      onReady();
      if (!sight.probing) void ask(link, sight);
    }
  };
}
