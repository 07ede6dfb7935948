// Limits of live connections: how many frames a client may send, and what becomes of one that does not stop.
import { describe, expect, test } from 'vitest';
import { TRANSPORTS } from '../../support/contract-clients.ts';
import { type Target, withService } from '../../support/service-under-test.ts';
import { connector } from './kit/live.ts';
import { cast } from './kit/people.ts';

const PER_SECOND = 5;
const BURST = 2 * PER_SECOND;

export function floodsSuite(target: Target): void {
  describe('floods', () => {
    const service = withService(target, { WS_RATE_LIMIT_PER_SECOND: String(PER_SECOND) });
    const people = cast(service, 'ann');

    describe.each(TRANSPORTS)('the limit of frames over %s', (transport) => {
      // The token in the handshake of Socket.IO is a frame like another.
      const burst = transport === 'raw' ? BURST : BURST - 1;
      const connect = connector(service, transport);

      test('lets a burst through, refuses what is more with the time to wait, and forgives', async () => {
        const client = await connect(people.ann);
        const bystander = await connect(people.ann);
        for (let n = 0; n < BURST + 3; n++) client.emit({ type: 'ping', id: `ping ${n}` });
        const refused = await client.nextFailure();
        expect(refused).toMatchObject({
          code: 'RATE_LIMITED',
          id: `ping ${client.frames.filter(({ type }) => type === 'pong').length}`,
        });
        expect(client.frames.filter(({ type }) => type === 'pong').length).toBeGreaterThanOrEqual(burst);
        if (transport === 'raw') {
          expect(refused.retry_after_ms).toBeGreaterThan(0);
          expect(refused.retry_after_ms).toBeLessThanOrEqual(1000);
        }
        await bystander.fence();
        // After the time that the server named (never more than a second here) the next one passes.
        await new Promise((resolve) => setTimeout(resolve, refused.retry_after_ms ?? 1000));
        await client.fence();
      });

      test('ends a connection that floods', async () => {
        const client = await connect(people.ann);
        const bystander = await connect(people.ann);
        let open = true;
        void client.closed.then(() => {
          open = false;
        });
        for (let n = 0; open && n < 200; n++) {
          for (let m = 0; m < 50; m++) client.emit({ type: 'ping' });
          await new Promise((resolve) => setImmediate(resolve));
        }
        const { code } = await client.closed;
        if (transport === 'raw') expect(code).toBe(4429);
        await bystander.fence();
      });

      test('counts garbage too', async () => {
        const client = await connect(people.ann);
        for (let n = 0; n < BURST + 3; n++) client.emit('garbage');
        expect(await client.nextFailure(({ code }) => code === 'RATE_LIMITED')).toBeDefined();
      });

      test('holds before the authentication as well', async () => {
        const client = await connect();
        for (let n = 0; n < BURST + 3; n++) client.emit({ type: 'channel.join', data: { channel_id: 1 } });
        expect(await client.nextFailure(({ code }) => code === 'RATE_LIMITED')).toBeDefined();
      });
    });
  });
}
