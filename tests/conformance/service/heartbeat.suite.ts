// Pings of the server, and peers that answer none: watched on connections that are open while other tests run.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import { rawAddress } from '../../support/contract-clients.ts';
import { type Target, withService } from '../../support/service-under-test.ts';
import { cast } from './kit/people.ts';

interface Watched {
  readonly socket: WebSocket;
  /** Seconds after the opening when a ping came. */
  readonly pings: number[];
  /** Seconds after the opening when the connection ended, once it has. */
  ended: number | undefined;
}

/** Opens the connections, runs the other tests, and then looks at what became of the connections. */
export function heartbeatSuite(target: Target, others: () => void): void {
  describe('while connections idle', () => {
    const service = withService(target);
    const people = cast(service, 'ann');
    const watched = {} as { healthy: Watched; dead: Watched };

    beforeAll(() => {
      watched.healthy = watch(service.url(0), people.ann.token, true);
      watched.dead = watch(service.url(0), people.ann.token, false);
    });
    afterAll(() => {
      for (const { socket } of Object.values(watched)) socket.terminate();
    });

    others();

    test('the server pings every 25 seconds, and keeps a peer that answers', async () => {
      await expect.poll(() => watched.healthy.pings.length, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
      const [first = 0, second = 0] = watched.healthy.pings;
      expect(first).toBeLessThan(35);
      expect(second - first).toBeGreaterThan(20);
      expect(second - first).toBeLessThan(35);
    }, 65_000);

    test('the server drops a peer that answers no ping for 60 seconds', async () => {
      await expect.poll(() => watched.dead.ended, { timeout: 100_000 }).toBeDefined();
      expect(watched.dead.ended).toBeGreaterThan(55);
      expect(watched.dead.ended).toBeLessThan(95);
      expect(watched.healthy.ended).toBeUndefined();
    }, 110_000);
  });
}

function watch(url: string, token: string, autoPong: boolean): Watched {
  const begin = performance.now();
  const seconds = (): number => (performance.now() - begin) / 1000;
  const socket = new WebSocket(rawAddress(url), { headers: { authorization: `Bearer ${token}` }, autoPong });
  const watched: Watched = { socket, pings: [], ended: undefined };
  socket.on('ping', () => watched.pings.push(seconds()));
  socket.on('close', () => {
    watched.ended = seconds();
  });
  return watched;
}
