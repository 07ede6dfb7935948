// Which nodes live: each sends heartbeats, and the server's clock decides.
import type { Cluster, Redis } from 'ioredis';
import { createScript } from '../redis/script.ts';
import { BEAT, READ_NODES } from './redis-scripts.ts';

interface LivingNode {
  readonly id: string;
  readonly connections: number;
}

/** A node that was silent for too long, and how long. */
export interface DeadNode {
  readonly id: string;
  readonly silentMs: number;
}

/** What a heartbeat found. */
export interface Beat {
  /** False if Redis did not know this node, because it was dead or Redis lost its data. */
  readonly wasKnown: boolean;
  /** Each dead node is found by one heartbeat of one node. */
  readonly dead: readonly DeadNode[];
}

export function createNodes(deps: {
  readonly client: Redis | Cluster;
  readonly key: string;
  readonly nodeId: string;
  readonly timeoutMs: number;
}) {
  const { client, key, nodeId, timeoutMs } = deps;
  const sendBeat = createScript(client, 'presenceBeat', BEAT);
  const sendRead = createScript(client, 'presenceNodes', READ_NODES);
  let known: readonly LivingNode[] = [];
  let reading: Promise<readonly LivingNode[]> | undefined;

  function remember(reply: unknown[]): readonly LivingNode[] {
    const nodes: LivingNode[] = [];
    for (let i = 0; i < reply.length; i += 2) nodes.push({ id: String(reply[i]), connections: Number(reply[i + 1]) });
    if (!nodes.some(({ id }) => id === nodeId)) throw new Error('Redis does not know that this node lives');
    known = nodes;
    return nodes;
  }

  /** All who ask in the same turn share one reading. */
  async function readSoon(): Promise<readonly LivingNode[]> {
    await Promise.resolve();
    reading = undefined;
    return remember((await sendRead([key], [timeoutMs])) as unknown[]);
  }

  return {
    /** Writes that this node lives. */
    async beat(connections: number): Promise<Beat> {
      const reply = (await sendBeat([key], [timeoutMs, nodeId, connections])) as [number, unknown[], string[]];
      const [wasKnown, living, silent] = reply;
      remember(living);
      const dead = silent.flatMap((id, at) => (at % 2 ? [] : [{ id, silentMs: Number(silent[at + 1]) }]));
      return { wasKnown: wasKnown === 1, dead };
    },
    /** Reads the living nodes. Rejects if Redis is away, or does not have this node and so is out of date. */
    read(): Promise<readonly LivingNode[]> {
      reading ??= readSoon();
      return reading;
    },
    /** Ids as last read, including this node's. */
    lastKnown: () => [...new Set([nodeId, ...known.map(({ id }) => id)])],
    async leave(): Promise<void> {
      await client.hdel(key, nodeId);
    },
  };
}
