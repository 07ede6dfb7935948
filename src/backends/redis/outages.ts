// Logs for each server once that it is away, and once that it is back, however many links lead there.
import { type Cluster, Redis } from 'ioredis';
import type { Logger } from '../../lib/logger.ts';
import { kindOf, serverText } from './refusals.ts';

interface WatchedLink {
  /** The link will be cut on purpose, to be made anew. That is no outage, unless the new one fails. */
  expectClose(): void;
  /** The link is closed for good. */
  end(): void;
}

/** Without a logger the link's outages are silent. `refused` is told why a server does not let the link in. */
type WatchOutages = (
  client: Redis | Cluster,
  logger: Logger | undefined,
  refused: (error: unknown) => void,
) => WatchedLink;

export function createOutages(): WatchOutages {
  /** For each server, the links that are away. */
  const away = new Map<string, Set<object>>();

  function goes(server: string, link: object): boolean {
    const links = away.get(server);
    if (!links) away.set(server, new Set([link]));
    else links.add(link);
    return links === undefined;
  }

  function comes(server: string, link: object): boolean {
    const links = away.get(server);
    if (!links?.delete(link) || links.size > 0) return false;
    away.delete(server);
    return true;
  }

  return (client, logger, refused) => {
    let server: string | undefined;
    let expected = false;
    let ended = false;
    let reason: unknown;

    client.on('error', (error: unknown) => {
      reason = error;
    });
    client.on('close', () => {
      if (ended) return;
      if (expected) expected = false;
      else if (kindOf(reason)) refused(reason);
      else if (server === undefined && logger) {
        server = placeOf(client);
        const said = reason === undefined ? 'the link broke' : serverText(reason);
        if (goes(server, client)) logger.warn({ server, reason: said }, 'Redis is away');
      }
      reason = undefined;
    });
    client.on('ready', () => {
      reason = undefined;
      expected = false;
      if (server !== undefined && comes(server, client)) logger?.info({ server }, 'Redis is back');
      server = undefined;
    });

    return {
      expectClose() {
        expected = true;
      },
      end() {
        ended = true;
        if (server !== undefined) comes(server, client);
      },
    };
  };
}

/** Which of several servers the client leads to. */
function placeOf(client: Redis | Cluster): string {
  if (!(client instanceof Redis)) return 'cluster';
  const { path, host, port } = client.options;
  return path ?? `${host}:${port}`;
}
