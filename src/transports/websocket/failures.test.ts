// What fails in work for one peer ends that peer's connection, and leaves a line in the log and nothing else.
import { describe, expect, test } from 'vitest';
import { exchange } from '../../../tests/support/exchange.ts';
import { until } from '../../../tests/support/until.ts';
import { startWebSocketServer } from '../../../tests/support/websocket-server.ts';
import { openWs } from '../../../tests/support/ws-client.ts';
import { outgoing } from '../../realtime/connections/outgoing.ts';

describe('what fails in work for one peer', () => {
  const failsAt = (place: string) => ({
    fails(what: string) {
      if (what === place) throw new Error('secret of a peer');
    },
  });
  /** One line, which names the place and quotes nothing. */
  function expectLine(failures: object[]): void {
    expect(failures).toMatchObject([{ error: 'Error', at: expect.arrayContaining([expect.stringMatching(/fails/)]) }]);
    expect(JSON.stringify(failures)).not.toContain('secret');
  }

  test.each(['receive', 'alive', 'drained'])('ends only that connection: %s', async (place) => {
    const { url, opened, failures } = await startWebSocketServer(failsAt(place));
    const [client, other] = [await openWs(url), await openWs(url)];
    if (place === 'receive') client.send({ type: 'ping' });
    else if (place === 'alive') client.socket.ping();
    else {
      client.socket.pause();
      const big = outgoing([`"${'x'.repeat(4_000_000)}"`]);
      while (opened[0]?.transport.bufferedBytes() === 0) opened[0].transport.write([big]);
      client.socket.removeAllListeners('message');
      client.socket.resume();
    }
    await client.closed;
    await until('its session has ended', () => opened[0]?.events.includes('closed') ?? false);
    expectLine(failures);
    opened[1]?.transport.write([outgoing(['{"type":"still here"}'])]);
    await other.next('still here');
  });

  test('closes the TCP connection of a request', async () => {
    const { port, url, failures } = await startWebSocketServer(failsAt('socketIo'));
    const request = 'GET /socket.io/ HTTP/1.1\r\nHost: x\r\n\r\n';
    expect(await exchange(port, request)).toBe('');
    expectLine(failures);
    await (await openWs(url)).close();
  });
});
