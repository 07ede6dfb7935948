// A user who becomes a member of a channel and is removed again, repeatedly, while others talk in it.
import type { Stay } from '../checker.ts';
import type { Cluster } from './cluster.ts';
import { openConnection, TRANSPORTS, type TransportName } from './connection.ts';
import { pause } from './pause.ts';
import { makeUsers, type Talk, type User } from './people.ts';

export interface Guest {
  /** What the guest received each time, and how far the channel was when the removal was answered. */
  readonly stays: readonly Stay[];
  /** Lets the present stay end, including what may still arrive for it. */
  stop(): Promise<void>;
}

export interface GuestOptions {
  readonly cluster: Cluster;
  readonly talk: Talk & { readonly channelId: number };
  /** The owner of the channel. */
  readonly owner: User;
}

const RETRY_MS = 200;
const STAY_MS = 300;
/** How long it waits for frames that must not come. */
const LISTEN_MS = 500;

export async function inviteGuest({ cluster, talk, owner }: GuestOptions): Promise<Guest> {
  const [guest] = (await makeUsers(cluster.sql, 1)) as [User];
  const stays: Stay[] = [];
  let stopped = false;

  /**
   * Repeats until one of these statuses comes. A node that is away, or was and did it anyway, answers with another one.
   */
  async function ask(method: 'POST' | 'DELETE', accepted: readonly number[]): Promise<void> {
    for (;;) {
      const status = await fetch(`${cluster.anyNode()}/api/v1/channels/${talk.channelId}/users`, {
        method,
        headers: { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ userId: guest.id }),
        signal: AbortSignal.timeout(5_000),
      }).then(
        ({ status: answered }) => answered,
        () => 0,
      );
      if (accepted.includes(status)) return;
      await pause(RETRY_MS);
    }
  }

  async function head(): Promise<number> {
    for (;;) {
      const rows = await cluster.sql<{ head: number }[]>`
        select "lastSeq" as head from conversations where "channelId" = ${talk.channelId}`.catch(() => []);
      if (rows[0]) return rows[0].head;
      await pause(RETRY_MS);
    }
  }

  async function stay(transport: TransportName): Promise<void> {
    await ask('POST', [200, 409]);
    const seqs: number[] = [];
    const connection = await openConnection(transport, cluster.anyNode(), guest.token, ({ seq }) => {
      if (seq !== undefined) seqs.push(seq);
    }).catch(() => undefined);
    await connection?.call('channel.join', { channel_id: talk.channelId }).catch(() => {});
    await pause(STAY_MS);
    await ask('DELETE', [200, 404]);
    const removedAt = await head();
    await pause(LISTEN_MS);
    connection?.cut();
    if (connection) stays.push({ guest: guest.username, log: talk.name, seqs, removedAt });
  }

  async function comeAndGo(): Promise<void> {
    for (let n = 0; !stopped; n += 1) await stay(TRANSPORTS[n % TRANSPORTS.length] as TransportName);
  }

  const ended = comeAndGo();
  ended.catch(() => {});
  return {
    stays,
    async stop() {
      stopped = true;
      await ended;
    },
  };
}
