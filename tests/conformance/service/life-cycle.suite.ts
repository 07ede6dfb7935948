// The end of a node: it says goodbye, finishes what it began, leaves with 0, and nothing that it acked is lost.
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { clientFrame, dialWebSocket, OPCODE } from '../../support/attacker.ts';
import { connect, TRANSPORTS } from '../../support/contract-clients.ts';
import type { Service, Target } from '../../support/service-under-test.ts';
import { openPolling } from '../../support/socketio-wire.ts';
import { until } from '../../support/until.ts';
import { group, PASSWORD, register, say } from './kit/people.ts';
import { history, rest } from './kit/rest.ts';
import { logFrames, reaches } from './kit/talks.ts';

export function lifeCycleSuite(target: Target): void {
  describe('the end of a node', () => {
    let service: Service;
    beforeEach(async () => {
      service = await target.start();
    }, 60_000);
    afterEach(() => service.stop());

    /** Stops the first node; gives its exit code and how long it took. */
    async function drain(): Promise<{ code: number | null; seconds: number }> {
      const [node] = service.nodes;
      const begin = performance.now();
      node?.signal('SIGTERM');
      const ended = await node?.exited;
      return { code: ended?.code ?? null, seconds: (performance.now() - begin) / 1000 };
    }

    /** The address of a node that runs after the first was drained: another one, or the same started again. */
    async function afterwards(): Promise<string> {
      if (target.kind === 'embedded') await service.sql('select 1');
      return service.url(1);
    }

    describe.each(TRANSPORTS)('a node that is told to stop, with clients over %s', (transport) => {
      test('says that it closes, closes, and leaves with 0', async () => {
        const ann = await register(service);
        const clients = [
          await connect(transport, service.url(0), { token: ann.token }),
          await connect(transport, service.url(0)),
        ];
        const { code, seconds } = await drain();
        expect(code).toBe(0);
        expect(seconds).toBeLessThan(10);
        for (const client of clients) {
          const { data } = await client.next('connection.closing');
          expect(data).toEqual({ reason: expect.stringMatching(/\S/), reconnect_after_ms: expect.any(Number) });
          expect(data.reconnect_after_ms).toBeGreaterThanOrEqual(0);
          const closed = await client.closed;
          if (transport === 'raw') expect(closed.code).toBe(1001);
        }
      });

      test('acks what it stored, stores what it acked, and those who come back with since miss nothing', async () => {
        const [ann, bob] = await Promise.all([register(service, 'ann'), register(service, 'bob')]);
        const channelId = await group(ann, bob);
        const sender = await connect(transport, service.url(0), { token: ann.token });
        const reader = await connect(transport, service.url(0), { token: bob.token });
        for (const client of [sender, reader]) await client.call('channel.join', { channel_id: channelId });
        const acked: number[] = [];
        const send = async (n: number): Promise<void> => {
          const ack = await sender.call('channel.message', { channel_id: channelId, text: `${n}` });
          acked.push(ack.id as number);
        };
        const sending = Array.from({ length: 200 }, (_, n) => send(n));
        await sending[0];
        const { code } = await drain();
        expect(code).toBe(0);
        await Promise.allSettled(sending);

        const url = await afterwards();
        const stored = await history(rest(url, bob.token), `/messages/channel/${channelId}`);
        expect(stored.map((message) => message.id)).toEqual(acked.toSorted((a, b) => a - b));
        const seen = logFrames(reader);
        expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
        const back = await connect(transport, url, { token: bob.token });
        await back.call('channel.join', { channel_id: channelId, since: seen.length });
        const last = await say({ ...bob, api: rest(url, bob.token) }, channelId);
        await reaches(back, last.seq);
        expect([...seen, ...logFrames(back)].map(({ data }) => data.id)).toEqual([
          ...acked.toSorted((a, b) => a - b),
          last.id,
        ]);
        await back.close();
      });
    });

    test.each(['WebSocket', 'polling'])(
      'ends the TCP connection of a Socket.IO client that takes no notice, right behind connection.closing: %s',
      async (transport) => {
        const url = service.url(0);
        let socket: Socket;
        if (transport === 'WebSocket') {
          socket = await dialWebSocket(url, '/socket.io/?EIO=4&transport=websocket');
          socket.resume();
          socket.write(clientFrame(OPCODE.TEXT, '40'));
        } else {
          const { address, post, poll } = await openPolling(url);
          await post('40');
          await poll();
          const { hostname, port } = new URL(url);
          socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: true });
          socket.write(`GET ${address.slice(url.length)} HTTP/1.1\r\nHost: x\r\n\r\n`);
        }
        let closingAt = 0;
        let text = '';
        socket.on('data', (data) => {
          text += data;
          if (text.includes('connection.closing')) closingAt ||= performance.now();
        });
        const ended = new Promise<number>((resolve) => socket.once('end', () => resolve(performance.now())));
        if (transport === 'WebSocket') await until('it is connected', () => text.includes('40{"sid"'));
        else await new Promise((resolve) => setTimeout(resolve, 200));
        const draining = drain();
        expect((await ended) - closingAt).toBeLessThan(500);
        expect(closingAt).toBeGreaterThan(0);
        expect((await draining).code).toBe(0);
        socket.destroy();
      },
    );

    test('takes no new connections while it drains, and answers the request that it has', async () => {
      const ann = await register(service);
      const headers = { 'content-type': 'application/json', expect: '100-continue' };
      const call = request(`${service.url(0)}/api/v1/auth/login`, { method: 'POST', headers });
      call.flushHeaders();
      await once(call, 'continue');
      const draining = drain();
      const isOpen = () =>
        fetch(`${service.url(0)}/health`).then(
          () => true,
          () => false,
        );
      await expect.poll(isOpen).toBe(false);
      call.end(JSON.stringify({ email: ann.email, password: PASSWORD }));
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      expect(answer.statusCode).toBe(200);
      answer.resume();
      expect((await draining).code).toBe(0);
    });

    if (target.kind === 'embedded') {
      test('started again it has the history, and takes the tokens that it gave', async () => {
        const ann = await register(service);
        const channelId = await group(ann);
        const { id } = await say(ann, channelId, 'before the night');
        expect((await drain()).code).toBe(0);
        const url = await afterwards();
        expect(await history(rest(url, ann.token), `/messages/channel/${channelId}`)).toMatchObject([
          { id, text: 'before the night', seq: 1 },
        ]);
      });
    }
  });
}
