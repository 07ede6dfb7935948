// Which master of a Redis Cluster has which slots. One of its nodes is asked regularly, and when in doubt.
import type { Logger } from '../../../lib/logger.ts';
import type { RedisAddress, RedisConnection } from '../../redis/connection.ts';

const TIMEOUT_MS = 1_500;
const LOOK_MS = 2_000;
const LOOK_IN_DOUBT_MS = 100;
/** A node that returns no better answer for this many looks may be cut off from the cluster: another one is asked. */
const PATIENCE = 10;

/** Returns the master that serves a slot. Undefined if none does. */
export type OwnerOf = (slot: number) => RedisAddress | undefined;

interface Range {
  readonly first: number;
  readonly last: number;
  readonly owner: RedisAddress;
}

/** Calls `onAnswer` with each answer. If that says that something is wrong, the next answer is asked for soon. */
export function createTopology(deps: {
  readonly connection: RedisConnection;
  readonly logger: Logger;
  readonly onAnswer: (ownerOf: OwnerOf) => boolean;
}) {
  const { connection, logger, onAnswer } = deps;
  let masters: readonly RedisAddress[] = [];
  const addresses = () => [...connection.nodes, ...masters];
  const link = connection.single({ name: 'chat-topology', timeoutMs: TIMEOUT_MS }, addresses);
  const { client, attempted, failed, succeeded, close } = link;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let nextAt = Number.POSITIVE_INFINITY;
  let looking = false;
  let doubted = false;
  let bad = 0;
  let closed = false;
  let complained = false;

  async function ask(): Promise<boolean> {
    try {
      const ranges = parseSlots(await client.call('CLUSTER', 'SLOTS'), client.options.host ?? '');
      masters = distinct(ranges.map(({ owner }) => owner));
      complained = false;
      succeeded();
      return !closed && onAnswer((slot) => ranges.find(({ first, last }) => slot >= first && slot <= last)?.owner);
    } catch (error) {
      if (failed(error)) return false;
      if (client.status === 'ready' && !complained)
        logger.error({ err: error }, 'Redis does not say who has which slots');
      complained = client.status === 'ready';
      return false;
    }
  }

  async function look(): Promise<void> {
    looking = true;
    doubted = false;
    nextAt = Number.POSITIVE_INFINITY;
    bad = (await ask()) ? 0 : bad + 1;
    looking = false;
    if (bad >= PATIENCE && client.status === 'ready') {
      bad = 0;
      client.disconnect(true);
    }
    lookIn(bad > 0 || doubted ? Math.min(LOOK_MS, LOOK_IN_DOUBT_MS * Math.max(bad, 1)) : LOOK_MS);
  }

  function lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (closed || looking || at >= nextAt) return;
    nextAt = at;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), ms);
  }

  return {
    /** Settles after the first answer, or when the first attempt to get one has failed. Never rejects. */
    started: attempted.then(look),
    /** Call it if something contradicts the last answer. Asks again very soon. */
    doubt(): void {
      doubted = true;
      lookIn(LOOK_IN_DOUBT_MS);
    },
    close(): void {
      closed = true;
      clearTimeout(timer);
      close();
    },
  };
}

/**
 * Parses CLUSTER SLOTS: a list of [first, last, master, replica …], each server [host, port, …]. No host means the one
 * asked.
 */
function parseSlots(reply: unknown, askedHost: string): Range[] {
  return (reply as [number, number, [string | null, number]][]).map(([first, last, [host, port]]) => ({
    first: Number(first),
    last: Number(last),
    owner: { host: host || askedHost, port: Number(port) },
  }));
}

function distinct(addresses: readonly RedisAddress[]): RedisAddress[] {
  return [...new Map(addresses.map((address) => [`${address.host}:${address.port}`, address])).values()];
}
