// Clients that talk without a pause until told to stop, and edit and delete some of their messages.
import type { Client } from './client.ts';
import { pause } from './pause.ts';
import type { Talk } from './people.ts';

export interface Load {
  /** Messages acked so far. */
  readonly sent: () => number;
  /** Edits and deletions that the service confirmed. */
  readonly changed: () => number;
  /**
   * Lets everybody finish what is under way. Rejects if the service refused somebody for good, or acks nothing for
   * STUCK_MS.
   */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly senders: readonly Client[];
  readonly talks: readonly Talk[];
  /** Milliseconds between an ack and the next message of the same sender. */
  readonly everyMs?: number;
  /** Messages of each sender. By default as many as there is time for. */
  readonly messages?: number;
  /** The address for edits and deletions. Without it there are none. */
  readonly address?: () => string;
}

const STUCK_MS = 120_000;

let made = 0;

export function startLoad({ senders, talks, everyMs = 20, messages, address }: LoadOptions): Load {
  made += 1;
  const load = made;
  let sent = 0;
  let changed = 0;
  let stopped = false;

  async function talk(client: Client): Promise<void> {
    for (let n = 0; !stopped && n < (messages ?? Number.POSITIVE_INFINITY); n += 1) {
      const clientId = `load-${load}-${client.user.id}-${n}`;
      const { messageId } = await client.send(talks[n % talks.length] as Talk, `text of ${clientId}`, clientId);
      sent += 1;
      if (address && n % 5 === 3) {
        const text = n % 10 === 3 ? `edited ${clientId}` : null;
        if (await change(address, client, messageId, text)) changed += 1;
      }
      await pause(everyMs);
    }
  }

  const done = Promise.all(senders.map(talk));
  done.catch(() => {});
  return {
    sent: () => sent,
    changed: () => changed,
    async stop() {
      stopped = messages === undefined;
      for (let before = -1; before !== sent; ) {
        before = sent;
        if (await Promise.race([done.then(() => true), stuckTime()])) return;
      }
      throw new Error(`No message was acked for ${STUCK_MS} ms`);
    },
  };
}

function stuckTime(): Promise<false> {
  return new Promise((resolve) => setTimeout(resolve, STUCK_MS, false).unref());
}

/** Edits, or deletes if `text` is null. Gives up (false) if the node is away, because nothing was promised. */
async function change(address: () => string, client: Client, messageId: number, text: string | null): Promise<boolean> {
  return fetch(`${address()}/api/v1/messages/${messageId}`, {
    method: text === null ? 'DELETE' : 'PATCH',
    headers: { authorization: `Bearer ${client.user.token}`, 'content-type': 'application/json' },
    ...(text !== null && { body: JSON.stringify({ text }) }),
    signal: AbortSignal.timeout(3_000),
  }).then(
    async (response) => (await response.arrayBuffer()) && response.ok,
    () => false,
  );
}
