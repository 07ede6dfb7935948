// How long a connection may be nobody's, and what becomes of it when its token runs out: begun before the other tests of
// the service and looked at after them, so that nobody waits for it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChatClient, connect, TRANSPORTS, type TransportName } from '../../support/contract-clients.ts';
import type { Service } from '../../support/service-under-test.ts';
import { cast, group } from './kit/people.ts';
import { tokenFor } from './kit/tokens.ts';

/** Connections of one transport, and when they were opened. */
interface Begun {
  readonly silent: ChatClient;
  readonly ends: ChatClient;
  readonly goesOn: ChatClient;
  readonly channelId: number;
  readonly since: number;
}

const TOKEN_SECONDS = 3;

/** Runs the other tests between the beginning and the end of the waiting: tests that do not restart the service. */
export function patienceSuite(service: Service, others: () => void): void {
  describe('while time passes', () => {
    const people = cast(service, 'ann');
    const begun = new Map<TransportName, Begun>();
    const of = (transport: TransportName) => begun.get(transport) as Begun;

    async function begin(transport: TransportName): Promise<void> {
      const channelId = await group(people.ann);
      const since = performance.now();
      const silent = await connect(transport, service.url(0));
      const token = tokenFor(people.ann, TOKEN_SECONDS);
      const ends = await connect(transport, service.url(0), { token });
      const goesOn = await connect(transport, service.url(1), { token });
      await goesOn.call('channel.join', { channel_id: channelId });
      expect(await goesOn.call('authenticate', { token: people.ann.token })).toMatchObject({
        user_id: people.ann.id,
        status: 'connected',
      });
      begun.set(transport, { silent, ends, goesOn, channelId, since });
    }

    beforeAll(async () => {
      for (const transport of TRANSPORTS) await begin(transport);
    });
    afterAll(async () => {
      for (const { goesOn } of begun.values()) await goesOn.close();
    });

    others();

    describe.each(TRANSPORTS)('a connection over %s', (transport) => {
      /** Waits for the end, which is the one that the protocol has for this; gives the seconds since the opening. */
      async function signedOutAfter(client: ChatClient): Promise<number> {
        const { code, at } = await client.closed;
        if (transport === 'raw') expect(code).toBe(4401);
        return (at - of(transport).since) / 1000;
      }

      test('ends where nobody has signed in on it within 10 seconds', async () => {
        const waited = await signedOutAfter(of(transport).silent);
        expect(waited).toBeGreaterThan(9);
        expect(waited).toBeLessThan(14);
      });

      test('ends with the token, unless a fresh one of the same user prolongs it', async () => {
        const { ends, goesOn, channelId } = of(transport);
        expect(await signedOutAfter(ends)).toBeLessThan(TOKEN_SECONDS + 5);
        // It is the same connection still: what it joined, it is live in.
        await goesOn.call('channel.message', { channel_id: channelId, text: 'still here' });
        await goesOn.next('channel.message');
      });
    });
  });
}
